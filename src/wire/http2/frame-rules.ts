// On the path of every request.
import { frameSizeError, protocolError, type Fault } from "./codes.ts";
import { flags, frameSize, frameTypes } from "./frame.ts";

const tooLong = frameSizeError("a frame longer than SETTINGS_MAX_FRAME_SIZE");
const withoutStream = protocolError("a frame of a stream on stream 0");
const withStream = protocolError("a frame of the connection on a stream");
const wrongSize = frameSizeError("a frame of another size than its type has");
const tooShort = frameSizeError("a frame too short for the fields its flags announce");
const push = protocolError("PUSH_PROMISE, and push is off");

/** What the head alone says against a frame (RFC 9113 §4.2, §6). Unknown types are passed over by who asks. */
export function headFault(type: number, flagBits: number, id: number, length: number): Fault | undefined {
  if (length > frameSize) return tooLong;
  switch (type) {
    case frameTypes.data:
      if (id === 0) return withoutStream;
      return length === 0 && (flagBits & flags.padded) !== 0 ? tooShort : undefined;
    case frameTypes.headers: {
      if (id === 0) return withoutStream;
      const least = ((flagBits & flags.padded) === 0 ? 0 : 1) + ((flagBits & flags.priority) === 0 ? 0 : 5);
      return length < least ? tooShort : undefined;
    }
    case frameTypes.continuation:
    case frameTypes.priority:
      // A PRIORITY of another size concerns its stream alone (§6.3).
      return id === 0 ? withoutStream : undefined;
    case frameTypes.rstStream:
      if (id === 0) return withoutStream;
      return length === 4 ? undefined : wrongSize;
    case frameTypes.windowUpdate:
      return length === 4 ? undefined : wrongSize;
    case frameTypes.settings:
      if (id !== 0) return withStream;
      return ((flagBits & flags.ack) === 0 ? length % 6 : length) === 0 ? undefined : wrongSize;
    case frameTypes.ping:
      if (id !== 0) return withStream;
      return length === 8 ? undefined : wrongSize;
    case frameTypes.goaway:
      if (id !== 0) return withStream;
      return length < 8 ? wrongSize : undefined;
    case frameTypes.pushPromise:
      return push;
    default:
      return undefined;
  }
}
