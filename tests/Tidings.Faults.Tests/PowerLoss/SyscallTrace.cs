using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace Tidings.Faults.Tests.PowerLoss;

/// <summary>
/// Reads what strace has written down about a server (-f -xx): what it did to the files of its log, and what it acknowledged. A write counts from the moment
/// when it begins, a sync from the moment when it is done.
/// </summary>
internal sealed partial class SyscallTrace
{
    private const int LongestMatchMilliseconds = 10_000;

    private readonly string _directory;
    private readonly Dictionary<int, string> _paths = []; // By file descriptor.
    private readonly Dictionary<int, long> _positions = []; // By file descriptor.
    private readonly Dictionary<string, string> _unfinished = new(StringComparer.Ordinal); // Arguments by process.
    private readonly List<DiskOperation> _operations = [];

    private SyscallTrace(string directory) => _directory = directory;

    /// <summary>The options of strace that make such a trace.</summary>
    public static IReadOnlyList<string> Options(string traceFile) =>
    [
        // -D: strace watches from beside, so that the process that is started is the server itself.
        "strace", "-D", "-f", "-q", "--seccomp-bpf", "-xx", "-s", "1000000", "-o", traceFile,
        "-e", "trace=openat,lseek,write,pwrite64,fsync,fdatasync,ftruncate,unlink,close,sendto,sendmsg",
    ];

    /// <summary>Reads a trace.</summary>
    /// <param name="lines">Its lines.</param>
    /// <param name="directory">The directory of the log; nothing outside of it is told.</param>
    public static IReadOnlyList<DiskOperation> Read(IEnumerable<string> lines, string directory)
    {
        var trace = new SyscallTrace(directory);
        foreach (string line in lines)
        {
            trace.Take(line);
        }

        return trace._operations;
    }

    private void Take(string line)
    {
        Match call = Call().Match(line);
        if (!call.Success)
        {
            return;
        }

        string process = call.Groups["process"].Value;
        string name = call.Groups["name"].Value;
        string arguments = call.Groups["arguments"].Value;
        bool isResumed = call.Groups["resumed"].Success;
        if (isResumed)
        {
            _unfinished.Remove(process, out string? begun);
            arguments = begun + arguments;
        }
        else
        {
            Begin(name, arguments);
        }

        if (call.Groups["result"].Success)
        {
            Finish(name, arguments, long.Parse(call.Groups["result"].ValueSpan, CultureInfo.InvariantCulture));
        }
        else
        {
            _unfinished[process] = arguments;
        }
    }

    private void Begin(string name, string arguments)
    {
        string[] parts = arguments.Split(", ");
        switch (name)
        {
            case "write" when PathOf(parts[0]) is { } path:
                byte[] bytes = Text(parts[1]);
                int descriptor = Number(parts[0]);
                _operations.Add(new WriteFile(path, _positions.GetValueOrDefault(descriptor), bytes));
                _positions[descriptor] = _positions.GetValueOrDefault(descriptor) + bytes.Length;
                break;
            case "pwrite64" when PathOf(parts[0]) is { } path:
                _operations.Add(new WriteFile(path, long.Parse(parts[3], CultureInfo.InvariantCulture), Text(parts[1])));
                break;
            case "ftruncate" when PathOf(parts[0]) is { } path:
                _operations.Add(new TruncateFile(path, long.Parse(parts[1], CultureInfo.InvariantCulture)));
                break;
            case "unlink" when Inside(Encoding.UTF8.GetString(Text(parts[0]))) is { } path:
                _operations.Add(new RemoveFile(path));
                break;
            case "close":
                _paths.Remove(Number(parts[0])); // before it is done: then another file may have been given the number
                break;
            case "sendto" or "sendmsg":
                TakeSent(arguments);
                break;
        }
    }

    private void Finish(string name, string arguments, long result)
    {
        string[] parts = arguments.Split(", ");
        switch (name)
        {
            case "openat" when result >= 0:
                TakeOpened((int)result, Encoding.UTF8.GetString(Text(parts[1])), parts[2].Contains("O_CREAT", StringComparison.Ordinal));
                break;
            case "lseek" when result >= 0:
                _positions[Number(parts[0])] = result;
                break;
            case "fsync" or "fdatasync" when result == 0 && PathOf(parts[0]) is { } path:
                _operations.Add(new Synced(path));
                break;
        }
    }

    private void TakeOpened(int descriptor, string path, bool isMade)
    {
        _paths.Remove(descriptor);
        _positions.Remove(descriptor);
        if (Inside(path) is { } inside)
        {
            _paths[descriptor] = inside;
            if (isMade)
            {
                _operations.Add(new OpenFile(inside));
            }
        }
    }

    private void TakeSent(string arguments)
    {
        foreach (Match text in Quoted().Matches(arguments))
        {
            string sent = Encoding.UTF8.GetString(Text(text.Value));
            if (sent.StartsWith("HTTP/1.1 200 OK", StringComparison.Ordinal) && Id().Match(sent) is { Success: true } id)
            {
                _operations.Add(new Acknowledged(id.Value));
            }
        }
    }

    // The index of readers in shared memory is made anew at each start, and the lock is empty.
    private string? Inside(string path) =>
        path.StartsWith(_directory, StringComparison.Ordinal) && !path.EndsWith("-shm", StringComparison.Ordinal) && !path.EndsWith("/lock", StringComparison.Ordinal)
            ? Path.GetRelativePath(_directory, path)
            : null;

    private string? PathOf(string descriptor) => _paths.GetValueOrDefault(Number(descriptor));

    private static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);

    private static byte[] Text(string quoted) => Convert.FromHexString(quoted.Trim('"').Replace("\\x", "", StringComparison.Ordinal));

    [GeneratedRegex("""^(?<process>\d+) +(?:(?<resumed><\.\.\. )(?<name>\w+) resumed>|(?<name>\w+)\()(?<arguments>.*?)(?:\) += (?<result>-?\d+).*| <unfinished \.\.\.>)$""", RegexOptions.ExplicitCapture, LongestMatchMilliseconds)]
    private static partial Regex Call();

    [GeneratedRegex("\"[^\"]+\"", RegexOptions.ExplicitCapture, LongestMatchMilliseconds)]
    private static partial Regex Quoted();

    [GeneratedRegex("#[A-Za-z0-9_-]{22}", RegexOptions.ExplicitCapture, LongestMatchMilliseconds)]
    private static partial Regex Id();
}
