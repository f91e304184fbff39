// compute-client in C++: one call, from the process's start to its end. client_once --target HOST:PORT
#include <cstdio>

#include "arguments.h"
#include "compute.grpc.pb.h"
#include <grpcpp/grpcpp.h>

int main(int argc, char** argv) {
  Arguments arguments{argc, argv};
  auto target = arguments.Text("--target", "127.0.0.1:50051");
  auto stub = compute::Compute::NewStub(grpc::CreateChannel(target, grpc::InsecureChannelCredentials()));
  grpc::ClientContext context;
  compute::HelloRequest request;
  request.set_helloworld("123456");
  compute::HelloReply reply;
  grpc::Status status = stub->SayHello(&context, request, &reply);
  if (!status.ok()) {
    fprintf(stderr, "error: %s\n", status.error_message().c_str());
    return 1;
  }
  printf("received: %s\n", reply.result().c_str());
}
