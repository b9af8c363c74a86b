#pragma once

#include <google/protobuf/io/coded_stream.h>
#include <grpcpp/impl/codegen/proto_utils.h>
#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/proto_buffer_reader.h>

#include <string>

#include "base/result.h"

namespace flotilla::a2a::rpc {

/// A JSON level is up to three messages deep (Value, Struct, its entry); the limit of 64 levels is
/// checked where values are read.
inline constexpr int kMaxRecursion = 3 * 64 + 32;

/// The message in the bytes; invalid_argument when they are none, or a text in it is not UTF-8.
template <class T>
Result<T> decode(::grpc::ByteBuffer& bytes) {
  ::grpc::ProtoBufferReader reader(&bytes);
  T out;
  google::protobuf::io::CodedInputStream input(&reader);
  input.SetRecursionLimit(kMaxRecursion);
  if (!reader.status().ok() || !out.ParseFromCodedStream(&input) || !input.ConsumedEntireMessage())
    return fail(Error(Code::invalid_argument, "the request is no " + out.GetTypeName() +
                                                  ": malformed, nested too deeply or not UTF-8"));
  return out;
}

template <class T>
Result<::grpc::ByteBuffer> encode(const T& message) {
  ::grpc::ByteBuffer bytes;
  bool owned = false;
  const auto done = ::grpc::SerializationTraits<T>::Serialize(message, &bytes, &owned);
  if (!done.ok()) return fail(Error(Code::internal, "the answer is too large for gRPC"));
  return bytes;
}

}  // namespace flotilla::a2a::rpc
