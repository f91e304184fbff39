// The load generator, also linked as grpc++'s async client, client_async:
//   load --target HOST:PORT --mode MODE [--channels C] [--outstanding O] [--payload BYTES] [--seconds S] [--warmup S]
//   [--count N] [--server-pid PID] [--tls-ca FILE] [--keepalive-ms N] [--lean 1]
//
//   unary     O calls in progress on each of C channels, each with a connection of its own
//   pingpong  O streams on each channel, with one message under way on each
//   stream    O streams on each channel, on which the server sends what it can; with --count, as many messages
//   idle      O streams on each channel that stay open and silent; prints the server's memory
//   connect   one new connection after the other
//   block     O calls that block a thread of the server for a second each, and beside them one quick call at a time,
//             which is what is measured
//
// With --count, it makes exactly that many unary calls or rounds of pingpong in all, or gets exactly that many messages
// on each stream, without any to warm up.
#include <absl/synchronization/mutex.h>
#include <unistd.h>

#include <atomic>
#include <climits>
#include <thread>

#include "bench.grpc.pb.h"
#include "client.h"
#include "compute.grpc.pb.h"
#include "measure.h"

namespace {

// Not a global object: where gRPC is linked in, that would be initialized before what it needs.
grpc::CompletionQueue& Queue() {
  static auto* queue = new grpc::CompletionQueue;
  return *queue;
}

Histogram latencies;
std::atomic<bool> measuring{false}, stopping{false};
std::atomic<long> active{0}, held{0}, budget{LONG_MAX};
std::atomic<uint64_t> errors{0};

void Record(uint64_t start) {
  if (measuring.load(std::memory_order_relaxed)) latencies.Add(Now() - start);
}

void Failed(const grpc::Status& status) {
  if (!stopping && errors++ == 0) fprintf(stderr, "error: %d %s\n", status.error_code(), status.error_message().c_str());
}

// Whether another call may start.
bool Take() {
  if (stopping.load(std::memory_order_relaxed)) return false;
  // Every worker that finds nothing left takes one more, so that it may well go below zero.
  return budget.fetch_sub(1, std::memory_order_relaxed) > 0;
}

struct Tag {
  virtual ~Tag() = default;
  virtual void Proceed(bool ok) = 0;
};

struct UnaryCalls final : Tag {
  std::unique_ptr<compute::Compute::Stub> stub;
  compute::HelloRequest request;
  compute::HelloReply reply;
  grpc::Status status;
  std::string expected;
  std::unique_ptr<grpc::ClientContext> context;
  std::unique_ptr<grpc::ClientAsyncResponseReader<compute::HelloReply>> reader;
  uint64_t start = 0;

  UnaryCalls(const std::shared_ptr<grpc::Channel>& channel, long payload)
      : stub(compute::Compute::NewStub(channel)), expected(std::to_string(payload)) {
    request.set_helloworld(std::string(payload, 'a'));
    active++;
    Next();
  }
  void Next() {
    if (!Take()) {
      active--;
      return;
    }
    reader.reset();
    context = std::make_unique<grpc::ClientContext>();
    start = Now();
    reader = stub->AsyncSayHello(context.get(), request, &Queue());
    reader->Finish(&reply, &status, this);
  }
  void Proceed(bool ok) override {
    if (!ok || !status.ok() || reply.result() != expected)
      Failed(status);
    else
      Record(start);
    Next();
  }
};

struct BlockingCalls final : Tag {
  std::unique_ptr<bench::Bench::Stub> stub;
  bench::BlockRequest request;
  bench::Payload reply;
  grpc::Status status;
  std::unique_ptr<grpc::ClientContext> context;
  std::unique_ptr<grpc::ClientAsyncResponseReader<bench::Payload>> reader;

  explicit BlockingCalls(const std::shared_ptr<grpc::Channel>& channel) : stub(bench::Bench::NewStub(channel)) {
    request.set_milliseconds(1000);
    active++;
    Next();
  }
  void Next() {
    if (!Take()) {
      active--;
      return;
    }
    reader.reset();
    context = std::make_unique<grpc::ClientContext>();
    reader = stub->AsyncBlock(context.get(), request, &Queue());
    reader->Finish(&reply, &status, this);
  }
  void Proceed(bool ok) override {
    if (!ok || !status.ok()) Failed(status);
    Next();
  }
};

struct PingPong final : Tag {
  // What is to happen when one direction of a round is done.
  struct Half final : Tag {
    PingPong* owner;
    bool reads;
    Half(PingPong* owner, bool reads) : owner(owner), reads(reads) {}
    void Proceed(bool ok) override { owner->HalfDone(reads, ok); }
  };
  std::unique_ptr<bench::Bench::Stub> stub;
  bool idle;
  bench::Payload sent, received;
  grpc::ClientContext context;
  std::unique_ptr<grpc::ClientAsyncReaderWriter<bench::Payload, bench::Payload>> stream;
  grpc::Status status;
  Half write{this, false}, read{this, true};
  int halves = 0;
  bool started = false, broken = false;
  uint64_t start = 0;

  PingPong(const std::shared_ptr<grpc::Channel>& channel, long payload, bool idle)
      : stub(bench::Bench::NewStub(channel)), idle(idle) {
    sent.set_data(std::string(payload, 'x'));
    active++;
    stream = stub->AsyncPingPong(&context, &Queue(), this);
  }
  void Round() {
    halves = 2;
    start = Now();
    stream->Write(sent, &write);
    stream->Read(&received, &read);
  }
  void HalfDone(bool reads, bool ok) {
    broken |= !ok;
    if (reads && ok) Record(start);
    if (--halves) return;
    if (idle && !broken)
      held++;
    else
      Next();
  }
  void Next() {
    if (!broken && Take()) return Round();
    context.TryCancel();
    stream->Finish(&status, this);
  }
  void Proceed(bool ok) override {
    if (!started && ok) {
      started = true;
      return Next();
    }
    if (broken || !started) Failed(status);
    active--;
  }
};

struct ServerStream final : Tag {
  std::unique_ptr<bench::Bench::Stub> stub;
  bench::StreamRequest request;
  bench::Payload message;
  grpc::ClientContext context;
  std::unique_ptr<grpc::ClientAsyncReader<bench::Payload>> stream;
  grpc::Status status;
  enum { kStarting, kReading, kFinishing } step = kStarting;
  uint64_t start = 0, received = 0;

  ServerStream(const std::shared_ptr<grpc::Channel>& channel, long payload, long count)
      : stub(bench::Bench::NewStub(channel)) {
    request.set_size(payload);
    request.set_count(count > 0 ? count : 0);
    active++;
    stream = stub->AsyncServerStream(&context, request, &Queue(), this);
  }
  void Proceed(bool ok) override {
    if (step == kFinishing) {
      bool complete = request.count() > 0 && received == request.count() && status.ok();
      if (!stopping && !complete) Failed(status);
      active--;
      return;
    }
    if (step == kReading && ok) {
      received++;
      if (message.data().size() != request.size()) errors++;
      Record(start);
    }
    if (!ok || stopping) {
      step = kFinishing;
      if (stopping) context.TryCancel();
      stream->Finish(&status, this);
      return;
    }
    step = kReading;
    start = Now();
    stream->Read(&message, this);
  }
};

void Wait(double seconds) {
  if (seconds > 0) usleep(seconds * 1e6);
}

// Opens connections, one after the other, each with one call on it.
int MeasureConnections(const Arguments& arguments, int pid, double seconds) {
  auto once = [&](bool counts) {
    uint64_t start = Now();
    auto stub = compute::Compute::NewStub(Connect(arguments));
    grpc::ClientContext context;
    compute::HelloRequest request;
    compute::HelloReply reply;
    grpc::Status status = stub->SayHello(&context, request, &reply);
    if (!status.ok()) Failed(status);
    if (counts) latencies.Add(Now() - start);
  };
  for (int i = 0; i < 5; i++) once(false);
  Moment from(pid);
  while (Now() < from.time + seconds * 1e9) once(true);
  Print(from, Moment(pid), latencies, errors);
  _exit(0);
}

int MeasureIdle(int pid, const ProcessSample& before, long streams) {
  // A server that has a thread for each stream, and some threads, opens no more than those.
  uint64_t progress = Now();
  for (long seen = 0; seen < streams && !errors && Now() - progress < 5e9; Wait(0.01)) {
    if (held == seen) continue;
    seen = held;
    progress = Now();
  }
  Wait(1);
  ProcessSample after = ProcessSample::Of(pid);
  printf("{\"streams\":%ld,\"errors\":%llu,\"resident_before\":%ld,\"resident\":%ld}\n", held.load(),
         (unsigned long long)errors.load(), before.resident, after.resident);
  fflush(stdout);
  _exit(held == streams ? 0 : 1);
}

}  // namespace

int main(int argc, char** argv) {
  Arguments arguments{argc, argv};
  std::string mode = arguments.Text("--mode", "unary");
  long channels = arguments.Number("--channels", 1), outstanding = arguments.Number("--outstanding", 1);
  long payload = arguments.Number("--payload", 6), count = arguments.Number("--count", -1);
  int pid = arguments.Number("--server-pid", 0);
  double seconds = arguments.Seconds("--seconds", 2);
  if (count >= 0) budget = count;
  // Debian's abseil otherwise looks at each lock of a mutex for orders that may deadlock.
  if (arguments.Number("--lean", 0)) absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
  if (mode == "connect") return MeasureConnections(arguments, pid, seconds);

  std::vector<std::shared_ptr<grpc::Channel>> connections;
  for (long i = 0; i < channels; i++) connections.push_back(Connect(arguments));
  Moment from(pid);
  measuring = count >= 0;
  for (auto& channel : connections) {
    for (long i = 0; i < outstanding; i++) {
      if (mode == "unary")
        new UnaryCalls(channel, payload);
      else if (mode == "pingpong" || mode == "idle")
        new PingPong(channel, payload, mode == "idle");
      else if (mode == "stream")
        new ServerStream(channel, payload, count);
      else if (mode == "block")
        new BlockingCalls(channel);
      else
        return 64;
    }
    if (mode == "block") new UnaryCalls(channel, payload);
  }
  std::thread([] {
    void* tag;
    bool ok;
    while (Queue().Next(&tag, &ok)) static_cast<Tag*>(tag)->Proceed(ok);
  }).detach();

  if (mode == "idle") return MeasureIdle(pid, from.server, channels * outstanding);
  if (count >= 0) {
    while (active > 0) Wait(0.002);
  } else {
    Wait(arguments.Seconds("--warmup", 0.5));
    from = Moment(pid);
    measuring = true;
    Wait(seconds);
    measuring = false;
  }
  Moment to(pid);
  stopping = true;
  for (int i = 0; i < 300 && active > 0; i++) Wait(0.01);
  Print(from, to, latencies, errors);
  _exit(0);
}
