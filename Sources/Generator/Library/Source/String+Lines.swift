extension StringProtocol {
  /// All lines of the text, empty ones too.
  ///
  /// A line ends at any line break of Unicode: CR, CR LF and U+2028 as well as LF. CR LF is one character, which a
  /// search for LF does not find.
  var everyLine: [SubSequence] {
    split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
  }
}
