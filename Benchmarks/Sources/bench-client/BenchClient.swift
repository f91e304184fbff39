import CoreGRPC
import Glibc
import Synchronization

/// Our client under load, with the options and the line of JSON of `Peers/Cpp/load.cc`.
///
/// `main` is not `async`: its thread watches the clock, the load runs in a task, and Valgrind cannot follow Dispatch's
/// main queue.
@main
struct BenchClient {
  static func main() throws {
    guard let options = Options(CommandLine.arguments.dropFirst()) else {
      print("usage: bench-client --target HOST:PORT [--mode unary|pingpong|stream] [--outstanding N] [--payload BYTES]")
      print("  [--seconds S] [--warmup S] [--count N] [--on-pollers] [--metrics]")
      exit(64)
    }
    let window = Window(options: options)
    let load = try Load(options: options, window: window)
    Task.detached(executorPreference: options.runsOnPollers ? load.channel.taskExecutor : nil) {
      let outcome = await load.run()
      window.close()
      print(window.report(on: outcome))
      exit(outcome.errors == 0 ? 0 : 1)
    }
    window.watch()
    while true { pause() }
  }
}
