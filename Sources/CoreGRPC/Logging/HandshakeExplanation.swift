/// What C-core's log says about a failed TLS handshake, with the side that it is about.
///
/// C-core logs OpenSSL's error and no more. Its C API tells neither the connection nor the peer.
enum HandshakeExplanation {
  private static let explanations = [
    (
      "peer did not return a certificate",
      "a client showed no certificate, and this server requires one"
    ),
    (
      "wrong version number",
      "the peer does not speak TLS, or only old versions of it: a plaintext client of this server, or a plaintext server"
    ),
    ("http request", "a client spoke plaintext HTTP to this server, which expects TLS"),
    ("alert unknown ca", "the peer does not know the authority of this side's certificate"),
    ("alert bad certificate", "the peer refuses this side's certificate"),
    ("alert certificate expired", "this side's certificate has expired"),
    ("alert certificate required", "the server requires a client's certificate"),
  ]

  /// The text with an explanation, if it is about a handshake.
  static func explain(_ text: String) -> String {
    guard
      text.hasPrefix("Handshake failed"),
      let explanation = explanations.first(where: { text.contains($0.0) })?.1
    else { return text }
    return "\(text) (\(explanation))"
  }
}
