/// Runs handlers, whose errors become those of their calls.
enum HandlerOutcome {
  /// What `body` returns, or the error that its call shall end with.
  ///
  /// An error whose text the client does not learn is an event for the log.
  static func of<Value>(
    _ method: MethodDescriptor,
    _ body: () async throws -> Value
  ) async -> Result<Value, RPCError> {
    do {
      return .success(try await body())
    } catch let error as RPCError {
      return .failure(error)
    } catch let error as any RPCErrorConvertible {
      return .failure(RPCError(error))
    } catch is CancellationError {
      return .failure(RPCError(code: .cancelled, message: "the handler was cancelled"))
    } catch {
      CoreGRPCLog.report(.error) {
        CoreGRPCLog.Event(level: .error, message: "the handler failed: \(error)", method: method)
      }
      // Not the error's text: it may be a secret.
      return .failure(RPCError(code: .unknown, message: "the handler failed", cause: error))
    }
  }
}
