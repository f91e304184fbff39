extension Server {
  /// When a polling thread asks for the next event again and again before it sleeps.
  ///
  /// A message that comes meanwhile is received some tens of microseconds sooner, and takes its sender less processor time, as
  /// nobody needs to be woken. The thread uses a processor for that: for up to 50 microseconds at a time, only while the next event
  /// comes within that time more often than not, and never on a machine with one processor.
  public struct BusyPolling: Sendable, Hashable {
    enum Kind: Sendable, Hashable {
      case never
      case forStreams
      case always
    }

    let kind: Kind

    /// Never: a thread sleeps when there is nothing to do.
    public static var never: Self { Self(kind: .never) }

    /// When a handler has begun to wait for its stream: the default.
    ///
    /// It waits for the next message, which a client often sends in answer to the one before, or until the client has room for
    /// more of its own. Handlers wait on the polling threads, unless ``Configuration/handlerExecutor`` says otherwise.
    public static var forStreams: Self { Self(kind: .forStreams) }

    /// Always: also while calls come that each have one message.
    public static var always: Self { Self(kind: .always) }
  }
}
