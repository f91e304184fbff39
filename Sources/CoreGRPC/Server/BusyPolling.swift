extension Server {
  /// The conditions under which a polling thread asks for the next event again and again before it sleeps.
  ///
  /// The server then receives a message some tens of microseconds sooner, and the message takes its sender less
  /// processor time, since no thread needs to wake. The polling thread uses a processor for up to 50 microseconds at a
  /// time: only while the next event arrives within that time more often than not, and never on a machine with one
  /// processor.
  public struct BusyPolling: Sendable, Hashable {
    enum Kind: Sendable, Hashable {
      case never
      case forStreams
      case always
    }

    let kind: Kind

    /// Never: a thread sleeps when it has no event.
    public static var never: Self { Self(kind: .never) }

    /// While a handler waits for its stream: the default.
    ///
    /// The handler waits for the next message, which a client often sends in answer to the one before, or for room in
    /// the client's window. It applies to handlers on the polling threads, see ``Configuration/handlerExecutor``.
    public static var forStreams: Self { Self(kind: .forStreams) }

    /// Always, also for unary calls.
    public static var always: Self { Self(kind: .always) }
  }
}
