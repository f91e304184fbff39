// What the three C++ servers have in common.
#pragma once
#include <grpcpp/grpcpp.h>

#include <cstdio>
#include <memory>
#include <string>

#include "arguments.h"
#include "bench.grpc.pb.h"
#include "compute.grpc.pb.h"

inline std::string CodePoints(const std::string& text) {
  size_t count = 0;
  for (unsigned char byte : text) count += (byte & 0xC0) != 0x80;
  return std::to_string(count);
}

inline bench::Payload PayloadOf(size_t size) {
  bench::Payload payload;
  payload.set_data(std::string(size, 'x'));
  return payload;
}

// Plaintext, or TLS with --tls-cert and --tls-key.
inline std::shared_ptr<grpc::ServerCredentials> Credentials(const Arguments& arguments) {
  std::string certificate = arguments.File("--tls-cert");
  if (certificate.empty()) return grpc::InsecureServerCredentials();
  grpc::SslServerCredentialsOptions options;
  options.pem_key_cert_pairs.push_back({arguments.File("--tls-key"), certificate});
  return grpc::SslServerCredentials(options);
}

inline std::string Address(const Arguments& arguments) { return "127.0.0.1:" + arguments.Text("--port", "50051"); }
