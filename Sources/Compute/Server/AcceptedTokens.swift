import CommandLineSupport
import CoreGRPC
import Logging

/// The tokens in a file, which is read again when it has changed.
///
/// A call looks for a change if no other has within the last second. A file that cannot be read leaves the tokens as
/// they are, and is read again each second until it can. It is reported once.
final class AcceptedTokens: Sendable {
  /// The key under which a call's context says that its token was accepted.
  enum Key: CallContextKey {
    typealias Value = Void
  }

  /// A file without a token.
  struct NoTokens: Error, CustomStringConvertible {
    let path: String
    var description: String { "there is no token in \(path)" }
  }

  private struct State {
    var tokens: [[UInt8]]
    var version: TextFile.Version?
    var nextCheck: ContinuousClock.Instant
    /// Whether a call reads the file; others go on with the tokens that there are.
    var isReading = false
    /// The failure of the last reading, once it is reported.
    var failure: String?
  }

  private let path: String
  private let logger: Logger
  private let interval: Duration
  private let read: @Sendable (_ path: String) throws -> [[UInt8]]
  private let state: Locked<State>

  /// - Parameters:
  ///   - path: The file.
  ///   - logger: Gets the news of the file.
  ///   - interval: The time between two looks at the file. Defaults to a second.
  ///   - read: Reads the file. Defaults to the system's way.
  /// - Throws: When the file cannot be read, or has no token.
  init(
    path: String,
    logger: Logger,
    interval: Duration = .seconds(1),
    read: @escaping @Sendable (_ path: String) throws -> [[UInt8]] = AcceptedTokens.read
  ) throws {
    self.path = path
    self.logger = logger
    self.interval = interval
    self.read = read
    // Before the file is read: a change meanwhile shows the next time.
    let version = TextFile.Version(of: path)
    state = Locked(State(tokens: try read(path), version: version, nextCheck: .now + interval))
  }

  /// Whether a token is among those of the file.
  ///
  /// The time that this takes depends on the lengths of the tokens, and not on their contents.
  func contain(_ token: String) -> Bool {
    let token = Array(token.utf8)
    return currentTokens().reduce(false) { found, accepted in
      let isEqual = accepted.count == token.count && zip(accepted, token).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) } == 0
      return isEqual || found
    }
  }

  private func currentTokens() -> [[UInt8]] {
    let (tokens, known) = state.withLock { state -> ([[UInt8]], TextFile.Version??) in
      let now = ContinuousClock.now
      guard !state.isReading, now >= state.nextCheck else { return (state.tokens, .none) }
      state.isReading = true
      return (state.tokens, .some(state.version))
    }
    guard let known else { return tokens }
    // Without the lock: a disk that is slow keeps this call alone waiting.
    let version = TextFile.Version(of: path)
    let news = version == known ? nil : Result { try read(path) }
    let (newTokens, isNews) = state.withLock { state -> ([[UInt8]], Bool) in
      state.isReading = false
      state.nextCheck = .now + interval
      switch news {
      case .success(let tokens):
        state.tokens = tokens
        state.version = version
        state.failure = nil
      case .failure(let error):
        guard state.failure != "\(error)" else { return (state.tokens, false) }
        state.failure = "\(error)"
      case nil:
        state.failure = nil
      }
      return (state.tokens, true)
    }
    // Without the lock: a log may keep its writer waiting.
    switch news {
    case .success(let tokens):
      logger.notice("read the tokens again", metadata: ["file": "\(path)", "count": "\(tokens.count)"])
    case .failure(let error) where isNews: logger.error("the tokens stay as they were: \(error)")
    case .failure, nil: break
    }
    return newTokens
  }

  static func read(_ path: String) throws -> [[UInt8]] {
    let tokens = try TextFile.entries(of: path).map { Array($0.utf8) }
    guard !tokens.isEmpty else { throw NoTokens(path: path) }
    return tokens
  }
}
