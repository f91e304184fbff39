import ArgumentParser
import Compute
import CoreGRPC
import CoreGRPCServices
import ProgramSettings

/// The options for the services beside the server's own.
struct ServerServiceOptions: ParsableArguments {
  @Flag(inversion: .prefixedNo, help: "Answer health checks. (default: yes)")
  var health: Bool?

  @Flag(inversion: .prefixedNo, help: "Describe the services to tools. (default: yes)")
  var reflection: Bool?

  @Option(
    help: ArgumentHelp("Where channelz and the like are, without TLS.", valueName: "address"),
    transform: { try ListenAddress($0) }
  )
  var admin: ListenAddress?

  @Flag(inversion: .prefixedNo, help: "Ask an xDS control plane for listeners.")
  var xds: Bool?

  @Option(help: ArgumentHelp("A Compute service that answers instead.", valueName: "target"))
  var upstream: String?

  mutating func fill(from settings: inout Settings) throws {
    try settings.fill(&health, "health")
    try settings.fill(&reflection, "reflection")
    try settings.fill(&xds, "xds")
    try settings.fill(&upstream, "upstream")
    try settings.fill(&admin, "admin") { try ListenAddress($0) }
  }

  /// Returns a server's services, its own first.
  ///
  /// - Parameter interceptors: The interceptors of calls to another server.
  /// - Throws: When the other server's target is not valid.
  func services(_ interceptors: [any ClientInterceptor]) throws -> [any RegistrableRPCService] {
    var services: [any RegistrableRPCService] = [
      try upstream.map { RelayService(channel: try Channel(target: $0, interceptors: interceptors)) }
        ?? ComputeService()
    ]
    if health ?? true {
      let health = HealthService()
      health.provider.updateStatus(.serving, forService: Compute_Compute.descriptor)
      services.append(health)
    }
    if reflection ?? true { services.append(ReflectionService(services: services)) }
    return services
  }
}
