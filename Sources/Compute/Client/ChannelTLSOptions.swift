import ArgumentParser
import CoreGRPC
import ProgramSettings

/// The options that protect a channel.
struct ChannelTLSOptions: ParsableArguments {
  @Flag(
    inversion: .prefixedNo,
    help: "Speak TLS, and trust the system's authorities. The other options of this kind imply it."
  )
  var tls: Bool?

  @Option(help: ArgumentHelp("The authorities to trust instead, PEM.", valueName: "file"))
  var ca: String?

  @Option(help: ArgumentHelp("The client's certificate chain, PEM.", valueName: "file"))
  var tlsCert: String?

  @Option(help: ArgumentHelp("The private key of that certificate, PEM.", valueName: "file"))
  var tlsKey: String?

  @Option(help: ArgumentHelp("The name in the server's certificate, if not the target's.", valueName: "name"))
  var serverName: String?

  @Option(
    help: ArgumentHelp("The caller's bearer token, read for each call. Needs TLS or a Unix socket.", valueName: "file")
  )
  var tokenFile: String?

  @Flag(inversion: .prefixedNo, help: "Send the token also where others can read it.")
  var plaintextToken: Bool?

  mutating func fill(from settings: inout Settings) throws {
    try settings.fill(&tls, "tls")
    try settings.fill(&ca, "ca")
    try settings.fill(&tlsCert, "tls-cert")
    try settings.fill(&tlsKey, "tls-key")
    try settings.fill(&serverName, "server-name")
    try settings.fill(&tokenFile, "token-file")
    try settings.fill(&plaintextToken, "plaintext-token")
    if (tlsCert == nil) != (tlsKey == nil) { throw ValidationError("--tls-cert and --tls-key need each other.") }
  }

  /// Returns the credentials of a channel to a target.
  func credentials(for target: String) -> ChannelCredentials {
    var connection = connectionCredentials(for: target)
    // A control plane may choose others.
    if target.hasPrefix("xds:") { connection = .xds(fallback: connection) }
    guard let tokenFile else { return connection }
    let token = CallCredentials.bearerToken(allowsPlaintext: plaintextToken ?? false) { _ in
      try TokenFile.token(in: tokenFile)
    }
    return .composite(connection, token)
  }

  private func connectionCredentials(for target: String) -> ChannelCredentials {
    guard tls ?? (ca != nil || tlsCert != nil || serverName != nil) else {
      let isUnixSocket = target.hasPrefix("unix:") || target.hasPrefix("unix-abstract:")
      return tokenFile != nil && isUnixSocket ? .local() : .insecure
    }
    var identity: TLSIdentity?
    if let tlsCert, let tlsKey {
      identity = TLSIdentity(certificateChain: .file(tlsCert), privateKey: .file(tlsKey))
    }
    return .tls(
      trustRoots: ca.map { .certificates(.file($0)) } ?? .systemDefault,
      identity: identity,
      serverHostname: serverName
    )
  }
}
