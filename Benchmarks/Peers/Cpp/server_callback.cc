// grpc++'s callback server: server_callback --port PORT [--tls-cert FILE --tls-key FILE]
#include <unistd.h>

#include "service.h"

class ComputeService final : public compute::Compute::CallbackService {
  grpc::ServerUnaryReactor* SayHello(grpc::CallbackServerContext* context, const compute::HelloRequest* request,
                                     compute::HelloReply* reply) override {
    reply->set_result(CodePoints(request->helloworld()));
    auto* reactor = context->DefaultReactor();
    reactor->Finish(grpc::Status::OK);
    return reactor;
  }
};

class PingPongReactor final : public grpc::ServerBidiReactor<bench::Payload, bench::Payload> {
 public:
  PingPongReactor() { StartRead(&message_); }
  void OnReadDone(bool ok) override { ok ? StartWrite(&message_) : Finish(grpc::Status::OK); }
  void OnWriteDone(bool ok) override { ok ? StartRead(&message_) : Finish(grpc::Status::OK); }
  void OnDone() override { delete this; }

 private:
  bench::Payload message_;
};

class StreamReactor final : public grpc::ServerWriteReactor<bench::Payload> {
 public:
  explicit StreamReactor(const bench::StreamRequest& request)
      : message_(PayloadOf(request.size())), left_(request.count()), endless_(request.count() == 0) {
    Next();
  }
  void OnWriteDone(bool ok) override { ok ? Next() : Finish(grpc::Status::CANCELLED); }
  void OnDone() override { delete this; }

 private:
  void Next() {
    if (!endless_ && left_-- == 0)
      Finish(grpc::Status::OK);
    else
      StartWrite(&message_);
  }
  bench::Payload message_;
  uint64_t left_;
  bool endless_;
};

class BenchService final : public bench::Bench::CallbackService {
  grpc::ServerBidiReactor<bench::Payload, bench::Payload>* PingPong(grpc::CallbackServerContext*) override {
    return new PingPongReactor;
  }
  grpc::ServerWriteReactor<bench::Payload>* ServerStream(grpc::CallbackServerContext*,
                                                         const bench::StreamRequest* request) override {
    return new StreamReactor(*request);
  }
  grpc::ServerUnaryReactor* Block(grpc::CallbackServerContext* context, const bench::BlockRequest* request,
                                  bench::Payload*) override {
    usleep(request->milliseconds() * 1000);
    auto* reactor = context->DefaultReactor();
    reactor->Finish(grpc::Status::OK);
    return reactor;
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
