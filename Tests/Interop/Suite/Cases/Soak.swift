import CoreGRPC
import GRPCTesting

/// Makes large unary calls again and again, and watches what they take.
struct Soak: Sendable {
  let settings: SoakSettings
  let report: @Sendable (String) -> Void

  private struct Tally: Sendable {
    var finished = 0
    var failures: [String] = []
  }

  /// - Parameter makeService: Gives the client for an iteration.
  func run(_ makeService: @escaping @Sendable () throws -> Grpc_Testing_TestService.Client) async throws {
    let deadline = ContinuousClock.now + settings.effectiveTimeout
    let (finished, failures) = await withTaskGroup(of: Tally.self) { group in
      for worker in 0..<settings.workers {
        group.addTask { await work(worker, until: deadline, makeService) }
      }
      return await group.reduce(into: (0, [String]())) { sum, tally in
        sum.0 += tally.finished
        sum.1 += tally.failures
      }
    }
    report("soak: \(finished) of \(settings.iterations) iterations, \(failures.count) failed")
    guard finished == settings.iterations else {
      throw InteropFailure(
        "iterations within \(settings.effectiveTimeout)",
        expected: "\(settings.iterations)",
        actual: "\(finished)"
      )
    }
    guard failures.count <= settings.maximumFailures else {
      throw InteropFailure(
        "failed iterations",
        expected: "at most \(settings.maximumFailures)",
        actual: "\(failures.count), the first: \(failures[0])"
      )
    }
  }

  /// Makes one worker's share of the calls.
  private func work(
    _ worker: Int,
    until deadline: ContinuousClock.Instant,
    _ makeService: () throws -> Grpc_Testing_TestService.Client
  ) async -> Tally {
    var tally = Tally()
    // The first workers take what does not divide.
    let share = settings.iterations / settings.workers + (worker < settings.iterations % settings.workers ? 1 : 0)
    for iteration in 0..<share where ContinuousClock.now < deadline {
      let began = ContinuousClock.now
      let failure = await failure(of: makeService)
      let elapsed = ContinuousClock.now - began
      tally.finished += 1
      if let failure { tally.failures.append(failure) }
      report(
        "soak worker \(worker) iteration \(iteration): elapsed_ms: \(elapsed.milliseconds) "
          + (failure.map { "failed: \($0)" } ?? "succeeded")
      )
      try? await Task.sleep(until: began + settings.minimumInterval, clock: .continuous)
    }
    return tally
  }

  /// Returns the reason that an iteration failed; `nil` if it did not.
  private func failure(of makeService: () throws -> Grpc_Testing_TestService.Client) async -> String? {
    let request = Grpc_Testing_SimpleRequest(
      responseSize: Int32(clamping: settings.responseSize),
      payload: Grpc_Testing_Payload(zeros: settings.requestSize)
    )
    let began = ContinuousClock.now
    do {
      let response = try await makeService().unaryCall(request, options: CallOptions(timeout: InteropClient.limit))
      let size = response.payload?.body.count ?? 0
      guard size == settings.responseSize else { return "payload size \(size), not \(settings.responseSize)" }
    } catch {
      return "\(error)"
    }
    let elapsed = ContinuousClock.now - began
    guard elapsed <= settings.maximumLatency else { return "it took \(elapsed.milliseconds) ms" }
    return nil
  }
}

extension Duration {
  fileprivate var milliseconds: Int { Int(self / .milliseconds(1)) }
}
