/// The variables of the environment that switch a part of the library off for the whole process, by the value `0`.
///
/// `Deployment.md` lists them with what they switch off.
enum EnvironmentSwitch: String {
  case coalesceSends = "COREGRPC_COALESCE_SENDS"
  case deferSends = "COREGRPC_DEFER_SENDS"
  case drain = "COREGRPC_DRAIN"
  case enqueueHook = "COREGRPC_ENQUEUE_HOOK"
  case exactTimeouts = "COREGRPC_EXACT_TIMEOUTS"
  case hideRingHash = "COREGRPC_HIDE_RING_HASH"
  case limitHeaderBlocks = "COREGRPC_LIMIT_HEADER_BLOCKS"
  case messageFlags = "COREGRPC_MESSAGE_FLAGS"
  case missingStatus = "COREGRPC_MISSING_STATUS"

  /// Whether the variable is `0` now.
  var isOff: Bool { Environment.text(rawValue) == "0" }
}
