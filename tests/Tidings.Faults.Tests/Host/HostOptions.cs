namespace Tidings.Faults.Tests.Host;

/// <summary>Which program is the server under test.</summary>
public enum HostProgram
{
    /// <summary><c>tidings serve</c>. Its streams never show private events.</summary>
    Serve,

    /// <summary>The app in tests/Tidings.FaultHost, which also has a stream that shows private events.</summary>
    App,
}

/// <summary>How the server under test is started.</summary>
public sealed record HostOptions
{
    /// <summary>The program.</summary>
    public HostProgram Program { get; init; } = HostProgram.App;

    /// <summary>The directory that the program is in. Default: that of the tests, where the program is as it was built.</summary>
    public string Binaries { get; init; } = AppContext.BaseDirectory;

    /// <summary>The directory of the log; null for a log elsewhere.</summary>
    public string? DataDirectory { get; init; }

    /// <summary>How the PostgreSQL is reached that holds the log; null for a log elsewhere. Without this and a directory the log is in memory.</summary>
    public string? Database { get; init; }

    /// <summary>How far the wall clock of the app is wrong.</summary>
    public TimeSpan ClockOffset { get; init; }

    /// <summary>Settings by name, such as <c>Tidings:DrainWindow</c>.</summary>
    public IReadOnlyDictionary<string, string> Settings { get; init; } = new Dictionary<string, string>();

    /// <summary>Variables for the server's environment, such as switches of a build that injects faults.</summary>
    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>();

    /// <summary>A program that runs the server, with its arguments, such as a tracer; empty for none.</summary>
    public IReadOnlyList<string> Wrapper { get; init; } = [];
}
