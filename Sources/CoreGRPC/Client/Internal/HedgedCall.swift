/// A call of which several attempts are made, see ``HedgingPolicy``.
struct HedgedCall<Response: Sendable> {
  private enum Event: Sendable {
    case ended(attempt: Int, Result<Response, RPCError>)
    case delayOver(Int)
    case deadlineOver
  }

  let policy: HedgingPolicy
  let throttle: HedgingThrottle?
  /// The time at which the call ends, also while no attempt is in progress; `nil` for never.
  let deadline: ContinuousClock.Instant?
  /// Waits for the response of an attempt.
  let respond: @Sendable (ClientStream) async throws(RPCError) -> Response

  /// Makes the attempts.
  ///
  /// - Parameter begin: Begins another attempt, after a number of others.
  /// - Returns: The response of the first attempt that succeeds.
  /// - Throws: The error of the first attempt that fails for good or, if none may follow, of the last.
  func run(_ begin: (_ previousAttempts: Int) throws(RPCError) -> ClientStream) async throws(RPCError) -> Response {
    let result = await withTaskGroup(of: Event.self) { group -> Result<Response, RPCError> in
      var streams: [ClientStream] = []
      var running = 0
      var delay = 0
      var isOver = false
      var lastError = RPCError.cancelledTask.comingOutOfChannel()
      func final(_ error: RPCError) -> RPCError {
        Task.isCancelled ? RPCError.cancelledTask.comingOutOfChannel() : error
      }
      defer { group.cancelAll() }

      func start() throws(RPCError) {
        let attempt = streams.count
        let stream = try begin(attempt)
        streams.append(stream)
        running += 1
        group.addTask { [respond] in
          do throws(RPCError) {
            return .ended(attempt: attempt, .success(try await respond(stream)))
          } catch {
            return .ended(attempt: attempt, .failure(error))
          }
        }
      }
      func mayStart() -> Bool {
        !isOver && streams.count < policy.attempts && throttle?.allowsAttempt != false && !Task.isCancelled
      }
      // Replaces the delay in progress, which then has another number.
      func wait(_ time: Duration) {
        delay += 1
        guard streams.count < policy.attempts else { return }
        group.addTask { [delay] in
          try? await Task.sleep(for: time.bounded)
          return .delayOver(delay)
        }
      }

      if let deadline {
        group.addTask {
          try? await Task.sleep(until: deadline, clock: .continuous)
          return .deadlineOver
        }
      }
      do throws(RPCError) {
        try start()
        wait(policy.hedgingDelay)
        while let event = await group.next() {
          switch event {
          case .ended(let attempt, .success(let response)):
            throttle?.succeeded()
            streams[attempt].choose()
            for (index, stream) in streams.enumerated() where index != attempt { stream.cancel() }
            return .success(response)
          case .ended(_, .failure(let error)):
            running -= 1
            let pushback = error.metadata[stringValues: "grpc-retry-pushback-ms"].first { _ in true }
            guard policy.nonFatalStatusCodes.contains(error.code) else {
              if let pushback, UInt32(pushback) == nil { throttle?.failed() }
              streams.forEach { $0.cancel() }
              return .failure(error)
            }
            lastError = error
            throttle?.failed()
            if let pushback {
              // A value that is not a number of milliseconds forbids further attempts.
              if let milliseconds = UInt32(pushback) { wait(.milliseconds(milliseconds)) } else { isOver = true }
            } else if mayStart() {
              try start()
              wait(policy.hedgingDelay)
            }
            if running == 0, !mayStart() { return .failure(final(error)) }
          case .delayOver(delay) where mayStart():
            try start()
            wait(policy.hedgingDelay)
          case .delayOver(delay) where running == 0: return .failure(final(lastError))
          case .delayOver: break
          case .deadlineOver where running == 0:
            let error = RPCError(code: .deadlineExceeded, message: "Deadline Exceeded").comingOutOfChannel()
            return .failure(final(error))
          // C-core ends the attempts in progress.
          case .deadlineOver: isOver = true
          }
        }
        return .failure(final(lastError))
      } catch {
        streams.forEach { $0.cancel() }
        return .failure(error)
      }
    }
    return try result.get()
  }
}
