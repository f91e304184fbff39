import ArgumentParser
import CoreGRPC
import ProgramSettings

/// The options that protect a server's TCP addresses.
struct ServerTLSOptions: ParsableArguments {
  @Option(help: ArgumentHelp("The certificate chain, PEM: TCP addresses speak TLS.", valueName: "file"))
  var tlsCert: String?

  @Option(help: ArgumentHelp("The private key of that certificate, PEM.", valueName: "file"))
  var tlsKey: String?

  @Option(help: ArgumentHelp("The authorities of clients' certificates, PEM.", valueName: "file"))
  var clientCa: String?

  mutating func fill(from settings: inout Settings) throws {
    try settings.fill(&tlsCert, "tls-cert")
    try settings.fill(&tlsKey, "tls-key")
    try settings.fill(&clientCa, "client-ca")
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
