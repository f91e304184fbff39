import CoreGRPC
import Logging

extension CoreGRPCLog.Level {
  /// Creates the lowest level that a logger of some level lets pass.
  ///
  /// There is no level above `.error`: such a logger drops the rest itself.
  init(_ level: Logger.Level) {
    switch level {
    case .trace, .debug: self = .debug
    case .info: self = .info
    case .notice, .warning, .error, .critical: self = .error
    }
  }
}

extension Logger.Level {
  init(_ level: CoreGRPCLog.Level) {
    switch level {
    case .debug: self = .debug
    case .info: self = .info
    case .error: self = .error
    }
  }
}
