import PackagePlugin

/// `swift package check-grpc`: fails when the generated code of a package is stale.
///
/// A command has its permissions for all options. This one does not ask for the permission to write.
@main
struct CheckGRPC: CommandPlugin {
  func performCommand(context: PluginContext, arguments: [String]) async throws {
    try Generation(context, Command("check-grpc", arguments)).run()
  }
}
