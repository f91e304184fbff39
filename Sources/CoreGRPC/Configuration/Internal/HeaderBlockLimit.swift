import CEngine

/// A limit for the header blocks that C-core 1.51 parses, which has none for their frames.
///
/// `Interposition.md`, beside the C++ source in `CEngine`, explains how it works.
enum HeaderBlockLimit {
  /// Raises the limit of the process to that of a channel or a server.
  ///
  /// - Parameter bytes: The largest header block that C-core accepts.
  static func raise(to bytes: Int32) {
    guard bytes > 0, !EnvironmentSwitch.limitHeaderBlocks.isOff else { return }
    cengine_limit_header_blocks(UInt32(bytes)) { CoreLog.report(.endlessHeader) }
  }
}
