// On the path of requests of gRPC.

const milliseconds: Readonly<Record<string, number>> = {
  H: 3_600_000,
  M: 60_000,
  S: 1000,
  m: 1,
  u: 0.001,
  n: 0.000_001,
};
const timeout = /^(\d{1,8})([HMSmun])$/;
/** What eight digits can say. */
const most = 99_999_999;

/** Milliseconds of a `grpc-timeout`, a part of one counted whole; undefined where it is none. */
export function readGrpcTimeout(value: string | undefined): number | undefined {
  const [, digits, unit] = (value !== undefined && timeout.exec(value)) || [];
  if (digits === undefined || unit === undefined) return undefined;
  return Math.ceil(Number(digits) * (milliseconds[unit] ?? 1));
}

/** A `grpc-timeout` of so many milliseconds, in the smallest unit that holds them. */
export function writeGrpcTimeout(time: number): string {
  const whole = Math.ceil(time);
  if (whole <= most) return `${whole}m`;
  const seconds = Math.ceil(whole / 1000);
  return seconds <= most ? `${seconds}S` : `${Math.min(most, Math.ceil(seconds / 60))}M`;
}
