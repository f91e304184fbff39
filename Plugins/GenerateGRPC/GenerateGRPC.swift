import PackagePlugin

/// `swift package generate-grpc`: writes the C and Swift of the `.proto` files in a package's targets.
@main
struct GenerateGRPC: CommandPlugin {
  func performCommand(context: PluginContext, arguments: [String]) async throws {
    try Generation(context, Command("generate-grpc", arguments)).run()
  }
}
