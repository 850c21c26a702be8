import {
  anything,
  flag,
  list,
  message,
  noEffect,
  number,
  oneOf,
  refused,
  required,
  table,
  text,
  whole,
} from "./shape.ts";

/** Parts that many of Envoy's messages have. */

export const names = noEffect("a name for people");
export const metadata = message({ filter_metadata: table(anything), typed_filter_metadata: noEffect("not read") });

const socketAddressFields = message({
  address: required(text),
  port_value: required(whole(0, 65_535)),
  protocol: oneOf("TCP"),
  ipv4_compat: flag,
  named_port: refused("write port_value"),
  resolver_name: refused("names are looked up by the system; take it out"),
});
export const socketAddress = message({
  socket_address: required(socketAddressFields),
  pipe: refused("Unix sockets are not served; write a socket_address"),
});

export const percent = message({ numerator: number, denominator: oneOf("HUNDRED", "TEN_THOUSAND", "MILLION") });
export const runtimePercent = message({
  default_value: required(percent),
  runtime_key: noEffect("there is no runtime layer: the default value counts"),
});

export const headerOption = message({
  header: required(message({ key: required(text), value: text })),
  append_action: oneOf("APPEND_IF_EXISTS_OR_ADD", "ADD_IF_ABSENT", "OVERWRITE_IF_EXISTS_OR_ADD", "OVERWRITE_IF_EXISTS"),
  append: flag,
  keep_empty_value: refused("a header without a value is left out; take it out"),
});
export const headerFields = {
  request_headers_to_add: list(headerOption),
  request_headers_to_remove: list(text),
  response_headers_to_add: list(headerOption),
  response_headers_to_remove: list(text),
};
