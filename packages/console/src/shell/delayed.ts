import { useEffect, useState } from 'react';

/** The value once it has not changed for so long: a question is asked when somebody pauses, not with each letter. */
export function useDelayed<T>(value: T, delayMs = 300): T {
  const [late, setLate] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setLate(value), delayMs);
    return () => clearTimeout(timer);
  }, [value, delayMs]);
  return late;
}
