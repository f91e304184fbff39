import ArgumentParser
import InteropSuite

/// The flags of the soak cases.
struct SoakOptions: ParsableArguments {
  @Option(name: .customLong("soak_iterations"), help: ArgumentHelp("How many calls to make.", valueName: "n"))
  var iterations = SoakSettings().iterations

  @Option(name: .customLong("soak_max_failures"), help: ArgumentHelp("How many of them may fail.", valueName: "n"))
  var maximumFailures = SoakSettings().maximumFailures

  @Option(
    name: .customLong("soak_per_iteration_max_acceptable_latency_ms"),
    help: ArgumentHelp("How long a call may take.", valueName: "ms")
  )
  var maximumLatency = 1000

  @Option(
    name: .customLong("soak_overall_timeout_seconds"),
    help: ArgumentHelp("How long all may take. (default: all calls at their longest)", valueName: "s")
  )
  var timeout: Int?

  @Option(
    name: .customLong("soak_min_time_ms_between_rpcs"),
    help: ArgumentHelp("The shortest time from one call to the next.", valueName: "ms")
  )
  var minimumInterval = 0

  @Option(
    name: .customLong("soak_request_size"),
    help: ArgumentHelp("The size of a request's payload.", valueName: "n")
  )
  var requestSize = SoakSettings().requestSize

  @Option(
    name: .customLong("soak_response_size"),
    help: ArgumentHelp("The size of a response's payload.", valueName: "n")
  )
  var responseSize = SoakSettings().responseSize

  @Option(
    name: .customLong("soak_num_threads"),
    help: ArgumentHelp("How many calls to make at a time.", valueName: "n")
  )
  var workers = SoakSettings().workers

  func validate() throws {
    let numbers = [
      iterations, maximumFailures, maximumLatency, timeout ?? 0, minimumInterval, requestSize, responseSize,
    ]
    if numbers.contains(where: { $0 < 0 || $0 > Int32.max }) {
      throw ValidationError("The numbers of --soak_... are from 0 to \(Int32.max).")
    }
    if workers < 1 || workers > 1000 { throw ValidationError("--soak_num_threads is from 1 to 1000, not \(workers).") }
  }

  var settings: SoakSettings {
    var settings = SoakSettings()
    settings.iterations = iterations
    settings.maximumFailures = maximumFailures
    settings.maximumLatency = .milliseconds(maximumLatency)
    settings.timeout = timeout.map { .seconds($0) }
    settings.minimumInterval = .milliseconds(minimumInterval)
    settings.requestSize = requestSize
    settings.responseSize = responseSize
    settings.workers = workers
    return settings
  }
}
