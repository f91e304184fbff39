/// The shell script that a step of the build runs: protoc, and what SwiftPM does not do around it.
enum BuildScript {
  /// Returns the arguments of `/bin/sh`.
  ///
  /// - Parameters:
  ///   - options: The path of the options file, and its content when the build was planned.
  ///   - fresh: The folder that protoc writes to.
  ///   - output: The folder for the files.
  ///   - protoc: The command that generates the files.
  static func arguments(
    options: (path: String, content: String),
    fresh: String,
    output: String,
    protoc: [String]
  ) -> [String] {
    ["-c", text, "sh", options.path, options.content, fresh, output] + protoc
  }

  /// The script.
  ///
  /// It compares the options, because SwiftPM does not plan a build anew when the content of a file changes. It leaves
  /// files that are the same alone, because SwiftPM compiles what depends on a file that was written.
  private static let text = """
    options=$1 planned=$2 fresh=$3 output=$4
    shift 4
    if [ "$(cat "$options" 2>/dev/null)" != "$planned" ]; then
      echo "error: $options has changed since the build was planned: touch Package.swift, and build again" >&2
      exit 1
    fi
    rm -rf "$fresh" && mkdir -p "$fresh" || exit
    messages=$("$@" 2>&1)
    status=$?
    printf '%s' "${messages:+$messages
    }" | while IFS= read -r line; do
      case $line in *"Plugin failed with status code"*) continue ;; esac
      line=${line#--coregrpc_out: }
      # The first of the folders that has the file, if the line begins with one.
      file= folder= kind=
      for argument in "$@"; do
        case $file$argument in --proto_path=*)
          folder=${argument#*=}/
          [ ! -f "$folder${line%%:*}" ] || file=$folder${line%%:*}
        esac
      done
      [ "$status" = 0 ] || case $line in *": warning: "* | "[libprotobuf WARNING"*) ;; *) kind='error: ' ;; esac
      if [ -n "$file" ]; then
        printf '%s\\n' "$folder${line%%: *}: $kind${line#*: }"
        case $line in *": Expected top-level statement"*)
          ! grep -q '^[[:space:]]*edition[[:space:]]*=' "$file" ||
            echo "error: $file has an edition, which $1 does not know: name a newer protoc in PROTOC"
        esac
      else
        printf '%s\\n' "$kind$line"
      fi
    done >&2
    [ "$status" = 0 ] || exit "$status"
    (cd "$fresh" && find . -type f) | while IFS= read -r file; do
      cmp -s "$fresh/$file" "$output/$file" && continue
      mkdir -p "$(dirname "$output/$file")" && mv "$fresh/$file" "$output/$file" || exit
    done && rm -r "$fresh"
    """
}
