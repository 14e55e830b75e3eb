export { createPlans, type Plans } from '@holdfast/engine/kill-plans';
