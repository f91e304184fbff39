import CommandLineSupport
import CoreGRPC

/// A file with the caller's token, which another program renews.
enum TokenFile {
  /// Returns the token in a file: its first line with any.
  ///
  /// - Throws: ``CoreGRPC/RPCError`` with the code UNAUTHENTICATED.
  static func token(in path: String) throws(RPCError) -> String {
    do {
      if let token = try TextFile.entries(of: path).first { return token }
    } catch {
      throw RPCError(code: .unauthenticated, message: "\(error)")
    }
    throw RPCError(code: .unauthenticated, message: "there is no token in \(path)")
  }
}
