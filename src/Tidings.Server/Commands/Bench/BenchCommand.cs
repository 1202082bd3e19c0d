using System.CommandLine;

namespace Tidings.Server;

/// <summary><c>tidings bench</c>: measures a server of Server-Sent Events, and checks while it measures.</summary>
internal sealed class BenchCommand : Command, IHasExamples
{
    public BenchCommand(Terminal terminal)
        : base("bench", "Measures a hub, this one or another, and checks that it loses, repeats and reorders nothing.")
    {
        Add(new BenchFanOutCommand(terminal));
        Add(new BenchPublishCommand(terminal));
        Add(new BenchReplayCommand(terminal));
        Add(new BenchConnectCommand(terminal));
        Add(new BenchIdleCommand(terminal));
    }

    public string Notes => """
        One thread serves all connections, so that the load costs less than the server; its own CPU time is told, too. Linux only.
        Figures of one machine compare only with others that were taken on it at the same time.
        """;

    public IReadOnlyList<string> Examples { get; } =
    [
        "tidings bench fan-out --hub http://localhost:4000/.well-known/mercure --pid $(pgrep -f Tidings.Server.dll)",
        "tidings bench fan-out --help",
    ];
}
