/// The reasons for which C-core could not bind an address.
///
/// C-core's API says only that it could not; its log says more.
enum BindFailure {
  /// Returns the system's words, for instance `Address already in use`, or all of the log if there are none.
  static func reason(in log: String) -> String {
    var reasons: [Substring] = []
    for key in ["os_error:\"", "description:\""] {
      for piece in log.split(separator: key, omittingEmptySubsequences: false).dropFirst() {
        guard let reason = piece.split(separator: "\"", maxSplits: 1).first, !reasons.contains(reason) else { continue }
        reasons.append(reason)
      }
      if !reasons.isEmpty { break }
    }
    // Newer versions of C-core: Error in bind for address '…': the reason, within brackets.
    for piece in log.split(separator: "Error in bind for address '", omittingEmptySubsequences: false).dropFirst() {
      let reason = piece.split(separator: "': ", maxSplits: 1).last?.prefix { !",;])}\n".contains($0) } ?? piece
      if !reasons.contains(reason) { reasons.append(reason) }
    }
    if reasons.isEmpty {
      // An absl::Status: a code in capitals, a colon, the reason, and details in braces.
      let line = log.split(whereSeparator: \.isNewline).first?.prefix { $0 != "{" } ?? "C-core gave no reason"
      let reason = line.split(separator: ":", maxSplits: 1).last ?? line
      return String(reason).trimmingSpaces
    }
    return reasons.joined(separator: "; ")
  }
}

extension String {
  fileprivate var trimmingSpaces: String { String(drop { $0 == " " }.reversed().drop { $0 == " " }.reversed()) }
}
