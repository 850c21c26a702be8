/** Node has these on every Buffer; its types leave them out. They skip the choice of encoding. */
interface Latin1 {
  latin1Slice(start?: number, end?: number): string;
  latin1Write(text: string, offset?: number, length?: number): number;
}

declare global {
  interface Buffer extends Latin1 {}
}
