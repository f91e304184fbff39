/// Runs handlers, whose errors become those of their calls.
enum HandlerOutcome {
  /// What `body` returns, or the error that its call shall end with.
  static func of<Value>(_ body: () async throws -> Value) async -> Result<Value, RPCError> {
    do {
      return .success(try await body())
    } catch let error as RPCError {
      return .failure(error)
    } catch is CancellationError {
      return .failure(RPCError(code: .cancelled, message: "the handler was cancelled"))
    } catch {
      // Not the error's text: it may be a secret.
      return .failure(RPCError(code: .unknown, message: "the handler failed", cause: error))
    }
  }

  /// What `body` returns or throws, with an event for the log if the client will not learn what was thrown.
  ///
  /// Without an error, or with nobody who wants the event, it costs nothing.
  static func reporting<Value>(_ method: MethodDescriptor, _ body: () async throws -> Value) async throws -> Value {
    do {
      return try await body()
    } catch {
      if !(error is RPCError || error is CancellationError) {
        CoreGRPCLog.report(.error) {
          CoreGRPCLog.Event(level: .error, message: "the handler failed: \(error)", method: method)
        }
      }
      throw error
    }
  }
}
