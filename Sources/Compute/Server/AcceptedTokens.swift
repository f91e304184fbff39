import CommandLineSupport
import CoreGRPC
import Logging

/// The tokens in a file, which is read again when it has changed.
///
/// A call looks for a change if no other has within the last second. A file that cannot be read leaves the tokens as
/// they are.
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
  }

  private let path: String
  private let logger: Logger
  private let state: Locked<State>

  /// - Throws: When the file cannot be read, or has no token.
  init(path: String, logger: Logger) throws {
    self.path = path
    self.logger = logger
    let version = TextFile.Version(of: path)
    state = Locked(State(tokens: try Self.read(path), version: version, nextCheck: .now + .seconds(1)))
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
    let (tokens, news) = state.withLock { state -> ([[UInt8]], Result<Int, any Error>?) in
      let now = ContinuousClock.now
      guard now >= state.nextCheck else { return (state.tokens, nil) }
      state.nextCheck = now + .seconds(1)
      let version = TextFile.Version(of: path)
      guard version != state.version else { return (state.tokens, nil) }
      state.version = version
      let news = Result { try Self.read(path) }
      if case .success(let tokens) = news { state.tokens = tokens }
      return (state.tokens, news.map(\.count))
    }
    // Without the lock: a log may keep its writer waiting.
    switch news {
    case .success(let count):
      logger.notice("read the tokens again", metadata: ["file": "\(path)", "count": "\(count)"])
    case .failure(let error): logger.error("the tokens stay as they were: \(error)")
    case nil: break
    }
    return tokens
  }

  private static func read(_ path: String) throws -> [[UInt8]] {
    let tokens = try TextFile.entries(of: path).map { Array($0.utf8) }
    guard !tokens.isEmpty else { throw NoTokens(path: path) }
    return tokens
  }
}
