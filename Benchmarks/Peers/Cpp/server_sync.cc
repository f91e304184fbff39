// grpc++'s synchronous server, all defaults: server_sync --port PORT
#include <unistd.h>

#include "service.h"

class ComputeService final : public compute::Compute::Service {
  grpc::Status SayHello(grpc::ServerContext*, const compute::HelloRequest* request, compute::HelloReply* reply) override {
    reply->set_result(CodePoints(request->helloworld()));
    return grpc::Status::OK;
  }
};

class BenchService final : public bench::Bench::Service {
  grpc::Status PingPong(grpc::ServerContext*, grpc::ServerReaderWriter<bench::Payload, bench::Payload>* stream) override {
    bench::Payload message;
    while (stream->Read(&message) && stream->Write(message)) {
    }
    return grpc::Status::OK;
  }

  grpc::Status ServerStream(grpc::ServerContext*, const bench::StreamRequest* request,
                            grpc::ServerWriter<bench::Payload>* stream) override {
    bench::Payload message = PayloadOf(request->size());
    for (uint64_t i = 0; request->count() == 0 || i < request->count(); i++)
      if (!stream->Write(message)) return grpc::Status::CANCELLED;
    return grpc::Status::OK;
  }

  grpc::Status Block(grpc::ServerContext*, const bench::BlockRequest* request, bench::Payload*) override {
    usleep(request->milliseconds() * 1000);
    return grpc::Status::OK;
  }
};

int main(int argc, char** argv) {
  Arguments arguments{argc, argv};
  StopSignal stop;
  ComputeService compute;
  BenchService bench;
  grpc::ServerBuilder builder;
  builder.AddListeningPort(Address(arguments), Credentials(arguments));
  builder.RegisterService(&compute);
  builder.RegisterService(&bench);
  auto server = builder.BuildAndStart();
  if (!server) return 1;
  stop.Wait();
  _exit(0);
}
