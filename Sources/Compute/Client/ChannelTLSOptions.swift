import ArgumentParser
import CoreGRPC

/// The options of the command line that protect a channel.
struct ChannelTLSOptions: ParsableArguments {
  @Flag(help: "Speak TLS, and trust the system's authorities. The other options of this kind imply it.")
  var tls = false

  @Option(help: ArgumentHelp("The authorities to trust instead, PEM.", valueName: "file"))
  var ca: String?

  @Option(help: ArgumentHelp("The client's certificate chain, PEM.", valueName: "file"))
  var tlsCert: String?

  @Option(help: ArgumentHelp("The private key of that certificate, PEM.", valueName: "file"))
  var tlsKey: String?

  @Option(help: ArgumentHelp("The name in the server's certificate, if not the target's.", valueName: "name"))
  var serverName: String?

  func validate() throws {
    if (tlsCert == nil) != (tlsKey == nil) { throw ValidationError("--tls-cert and --tls-key need each other.") }
  }

  var credentials: ChannelCredentials {
    guard tls || ca != nil || tlsCert != nil || serverName != nil else { return .insecure }
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
