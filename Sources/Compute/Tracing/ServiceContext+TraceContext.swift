import Tracing

extension ServiceContext {
  private enum Key: ServiceContextKey {
    typealias Value = TraceContext
    static let nameOverride: String? = "trace"
  }

  /// The place in a trace; `nil` outside any.
  var traceContext: TraceContext? {
    get { self[Key.self] }
    set { self[Key.self] = newValue }
  }
}
