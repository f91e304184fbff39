/// The explanation of a failed attempt to connect, in addition to C-core's words.
///
/// C-core reports the address and the error. An error may have several causes, which depend on the expectations of the
/// channel's two ends.
struct ConnectionFailure: Sendable, Hashable {
  /// Whether the channel speaks TLS; `nil` if the xDS control plane decides.
  let usesTLS: Bool?
  /// Whether the channel has a certificate of its own.
  let hasCertificate: Bool

  init(_ credentials: ChannelCredentials) {
    switch credentials.value {
    case .insecure, .local: (usesTLS, hasCertificate) = (false, false)
    case .alts, .googleDefault: (usesTLS, hasCertificate) = (true, false)
    case .xds: (usesTLS, hasCertificate) = (nil, false)
    case .tls(let tls): (usesTLS, hasCertificate) = (true, tls.identity != nil)
    }
  }

  /// Returns the status of a call, with an explanation if no connection could be made.
  func explaining(_ status: Status) -> Status {
    guard status.code == .unavailable, let explanation = explanation(of: status.message) else { return status }
    return Status(code: status.code, message: "\(status.message) (\(explanation))")
  }

  private func explanation(of message: String) -> String? {
    guard let usesTLS, message.hasPrefix("failed to connect to all addresses") else { return nil }
    func says(_ texts: String...) -> Bool { texts.contains { message.contains($0) } }
    guard usesTLS else {
      return says("Socket closed", "Connection reset", "Broken pipe")
        ? "the peer ended the connection before HTTP/2 began: it may expect TLS, which this channel does not use" : nil
    }
    if says("wrong version number", "packet length too long", "record layer failure") {
      return "the peer does not speak TLS here, or only old versions of it"
    }
    if says("is not in peer certificate") {
      return "the server's certificate is valid for other names than the target's; serverHostname can name one of them"
    }
    if says("Socket closed", "Connection reset", "Broken pipe") {
      return hasCertificate
        ? "the server ended the connection during the TLS handshake: it may refuse the client's certificate, see its log"
        : "the server ended the connection during the TLS handshake: it may require a client's certificate, see its log"
    }
    return nil
  }
}
