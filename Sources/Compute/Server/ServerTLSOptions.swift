import ArgumentParser
import CoreGRPC

/// The options of the command line that protect a server's TCP addresses.
struct ServerTLSOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "The server's certificate chain, PEM: TCP addresses speak TLS, Unix sockets do not.",
      valueName: "file"
    )
  )
  var tlsCert: String?

  @Option(help: ArgumentHelp("The private key of that certificate, PEM.", valueName: "file"))
  var tlsKey: String?

  @Option(
    help: ArgumentHelp(
      "The authorities, PEM, one of which must have signed each client's certificate.",
      valueName: "file"
    )
  )
  var clientCa: String?

  func validate() throws {
    if (tlsCert == nil) != (tlsKey == nil) { throw ValidationError("--tls-cert and --tls-key need each other.") }
    if clientCa != nil, tlsCert == nil { throw ValidationError("--client-ca needs --tls-cert and --tls-key.") }
  }

  func credentials(for address: ListenAddress) -> ServerCredentials {
    guard let tlsCert, let tlsKey, address.port != nil else { return .insecure }
    return .tls(
      identity: TLSIdentity(certificateChain: .file(tlsCert), privateKey: .file(tlsKey)),
      clientCertificates: clientCa.map { .required(trustRoots: .file($0)) } ?? .none
    )
  }
}
