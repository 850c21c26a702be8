// On the path of carried bytes.
import { MongoReader } from "../../wire/index.ts";
import type { MongoSeries, TcpSeries } from "../config/contract.ts";

/** Looks for messages of MongoDB in the bytes of one connection, each direction until it holds something else. */
export function mongoSeries(series: MongoSeries): TcpSeries {
  const direction = () => {
    let reader: MongoReader | undefined = new MongoReader((operation, traits) => series.saw(operation, traits));
    return (bytes: number, buffer?: Buffer, start = 0) => {
      if (!reader || !buffer || reader.read(buffer, start, start + bytes)) return;
      reader = undefined;
      series.failed();
    };
  };
  return { opened: () => undefined, closed: () => undefined, sent: direction(), received: direction() };
}
