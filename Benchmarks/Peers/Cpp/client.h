// What the C++ clients have in common.
#pragma once
#include <grpcpp/grpcpp.h>

#include <chrono>
#include <memory>

#include "arguments.h"

// A channel with a connection of its own; TLS with --tls-ca, keep-alive pings with --keepalive-ms. With --lean 1 it
// leaves out what a load does not need: retries, channelz, the filters beyond the least, and the estimate of the
// bandwidth.
inline std::shared_ptr<grpc::Channel> Connect(const Arguments& arguments) {
  grpc::ChannelArguments settings;
  settings.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  settings.SetMaxReceiveMessageSize(-1);
  if (arguments.Number("--lean", 0)) {
    settings.SetInt(GRPC_ARG_ENABLE_RETRIES, 0);
    settings.SetInt(GRPC_ARG_ENABLE_CHANNELZ, 0);
    settings.SetInt(GRPC_ARG_MINIMAL_STACK, 1);
    settings.SetInt(GRPC_ARG_HTTP2_BDP_PROBE, 0);
  }
  if (long interval = arguments.Number("--keepalive-ms", 0)) {
    settings.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, interval);
    settings.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, interval);
  }
  auto credentials = grpc::InsecureChannelCredentials();
  std::string authority = arguments.File("--tls-ca");
  if (!authority.empty()) {
    credentials = grpc::SslCredentials({authority, "", ""});
    settings.SetSslTargetNameOverride(arguments.Text("--tls-name", "localhost"));
  }
  auto channel = grpc::CreateCustomChannel(arguments.Text("--target", "127.0.0.1:50051"), credentials, settings);
  if (!channel->WaitForConnected(std::chrono::system_clock::now() + std::chrono::seconds(20))) {
    fprintf(stderr, "no connection\n");
    exit(2);
  }
  return channel;
}
