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

  mutating func fill(from settings: inout Settings) throws {
    try settings.fill(&health, "health")
    try settings.fill(&reflection, "reflection")
    try settings.fill(&admin, "admin") { try ListenAddress($0) }
  }

  /// Returns a server's services, its own first.
  func services(beside own: any RegistrableRPCService) -> [any RegistrableRPCService] {
    var services = [own]
    if health ?? true {
      let health = HealthService()
      health.provider.updateStatus(.serving, forService: Compute_Compute.descriptor)
      services.append(health)
    }
    if reflection ?? true { services.append(ReflectionService(services: services)) }
    return services
  }
}
