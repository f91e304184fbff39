/// The explanation of C-core's log lines about failed TLS handshakes, with the side that each is about.
///
/// C-core logs OpenSSL's error and no more. The line comes from its layer above OpenSSL (`ssl_transport_security.cc`),
/// which works on memory and has no socket. The two lines that follow at the level of debugging, from the handshaker
/// and the listener, repeat that error. Only where the peer closes its connection within a handshake do they have its
/// address (`target_address`), as the error is that of reading the socket. The C API knows nothing of a connection
/// before its first call. So a server's line has no peer.
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

  /// Returns the text with an explanation, if it is about a handshake.
  static func explain(_ text: String) -> String {
    guard
      text.hasPrefix("Handshake failed"),
      let explanation = explanations.first(where: { text.contains($0.0) })?.1
    else { return text }
    return "\(text) (\(explanation))"
  }
}
