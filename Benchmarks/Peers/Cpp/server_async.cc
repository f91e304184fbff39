// grpc++'s completion-queue server: server_async --port PORT [--threads T], with a queue for each thread.
#include <unistd.h>

#include <thread>
#include <vector>

#include "service.h"

// Requests of each method that wait for a call, on each queue.
constexpr int kUnarySlots = 128, kStreamSlots = 4;

struct Tag {
  virtual ~Tag() = default;
  virtual void Proceed(bool ok) = 0;
};

struct UnaryCall final : Tag {
  compute::Compute::AsyncService* service;
  grpc::ServerCompletionQueue* queue;
  grpc::ServerContext context;
  compute::HelloRequest request;
  compute::HelloReply reply;
  grpc::ServerAsyncResponseWriter<compute::HelloReply> writer{&context};
  bool finished = false;

  UnaryCall(compute::Compute::AsyncService* service, grpc::ServerCompletionQueue* queue) : service(service), queue(queue) {
    service->RequestSayHello(&context, &request, &writer, queue, queue, this);
  }
  void Proceed(bool ok) override {
    if (finished || !ok) {
      delete this;
      return;
    }
    new UnaryCall(service, queue);
    reply.set_result(CodePoints(request.helloworld()));
    finished = true;
    writer.Finish(reply, grpc::Status::OK, this);
  }
};

struct PingPongCall final : Tag {
  bench::Bench::AsyncService* service;
  grpc::ServerCompletionQueue* queue;
  grpc::ServerContext context;
  bench::Payload message;
  grpc::ServerAsyncReaderWriter<bench::Payload, bench::Payload> stream{&context};
  enum { kWaiting, kReading, kWriting, kFinishing } step = kWaiting;

  PingPongCall(bench::Bench::AsyncService* service, grpc::ServerCompletionQueue* queue) : service(service), queue(queue) {
    service->RequestPingPong(&context, &stream, queue, queue, this);
  }
  void Proceed(bool ok) override {
    if (step == kFinishing || (step == kWaiting && !ok)) {
      delete this;
      return;
    }
    if (step == kWaiting) new PingPongCall(service, queue);
    if (!ok) {
      step = kFinishing;
      stream.Finish(grpc::Status::OK, this);
    } else if (step == kReading) {
      step = kWriting;
      stream.Write(message, this);
    } else {
      step = kReading;
      stream.Read(&message, this);
    }
  }
};

struct StreamCall final : Tag {
  bench::Bench::AsyncService* service;
  grpc::ServerCompletionQueue* queue;
  grpc::ServerContext context;
  bench::StreamRequest request;
  bench::Payload message;
  grpc::ServerAsyncWriter<bench::Payload> writer{&context};
  uint64_t sent = 0;
  enum { kWaiting, kWriting, kFinishing } step = kWaiting;

  StreamCall(bench::Bench::AsyncService* service, grpc::ServerCompletionQueue* queue) : service(service), queue(queue) {
    service->RequestServerStream(&context, &request, &writer, queue, queue, this);
  }
  void Proceed(bool ok) override {
    if (step == kFinishing || (step == kWaiting && !ok)) {
      delete this;
      return;
    }
    if (step == kWaiting) {
      new StreamCall(service, queue);
      message = PayloadOf(request.size());
      step = kWriting;
    }
    if (ok && (request.count() == 0 || sent < request.count())) {
      sent++;
      writer.Write(message, this);
    } else {
      step = kFinishing;
      writer.Finish(ok ? grpc::Status::OK : grpc::Status::CANCELLED, this);
    }
  }
};

int main(int argc, char** argv) {
  Arguments arguments{argc, argv};
  StopSignal stop;
  compute::Compute::AsyncService compute;
  bench::Bench::AsyncService bench;
  grpc::ServerBuilder builder;
  builder.AddListeningPort(Address(arguments), Credentials(arguments));
  builder.RegisterService(&compute);
  builder.RegisterService(&bench);
  std::vector<std::unique_ptr<grpc::ServerCompletionQueue>> queues;
  for (long i = 0; i < arguments.Number("--threads", 1); i++) queues.push_back(builder.AddCompletionQueue());
  auto server = builder.BuildAndStart();
  if (!server) return 1;
  std::vector<std::thread> threads;
  for (auto& queue : queues) {
    for (int i = 0; i < kUnarySlots; i++) new UnaryCall(&compute, queue.get());
    for (int i = 0; i < kStreamSlots; i++) {
      new PingPongCall(&bench, queue.get());
      new StreamCall(&bench, queue.get());
    }
    threads.emplace_back([queue = queue.get()] {
      void* tag;
      bool ok;
      while (queue->Next(&tag, &ok)) static_cast<Tag*>(tag)->Proceed(ok);
    });
  }
  stop.Wait();
  _exit(0);
}
