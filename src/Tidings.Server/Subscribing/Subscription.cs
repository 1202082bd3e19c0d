using System.Runtime.InteropServices;
using Tidings.Client;

namespace Tidings.Server;

/// <summary>Reads a source to its end, prints what happens, and decides what the shell is told.</summary>
/// <remarks>
/// Everything is printed on the reader's flow. What ends the subscription from outside (time, signals, a reader that has left) only
/// notes why and closes the source: the reading then comes to its own end, and the cursor of the last event is saved.
/// </remarks>
internal sealed class Subscription : IDisposable
{
    private static readonly TimeSpan AbandonmentCheck = TimeSpan.FromSeconds(1);

    private readonly EventSource _source;
    private readonly EventPrinter _printer;
    private readonly Terminal _terminal;
    private readonly List<IDisposable> _endings = [];
    private int _ending; // The ExitCode of the first ending from outside; 0 while there is none, or if nobody reads the output.
    private bool _hasOpened; // As all below, only the reader's flow touches it.
    private EventSourceError? _error;
    private int _printed;

    public Subscription(EventSource source, EventPrinter printer, Terminal terminal)
    {
        _source = source;
        _printer = printer;
        _terminal = terminal;
        source.Opened += (_, _) => OnOpened();
        source.ErrorOccurred += (_, lost) => OnError(lost.Error);
        source.GapReported += (_, gap) => _terminal.Complain(
            $"The hub cannot prove that no event is missing{(gap.Reason is null ? "" : $" ({gap.Reason})")}: load anew what you keep of it.");
    }

    /// <summary>After how many printed events to end; null for never.</summary>
    public int? Count { get; init; }

    /// <summary>The types to print; null for all.</summary>
    public IReadOnlySet<string>? Types { get; init; }

    /// <summary>After what time to end; null for never.</summary>
    public TimeSpan? Timeout { get; init; }

    public async Task<ExitCode> RunAsync(CancellationToken cancellationToken)
    {
        WatchEndings();
        try
        {
            await foreach (ServerSentEvent received in _source.ReadAllAsync(cancellationToken))
            {
                if (Types?.Contains(received.Type) is false)
                {
                    continue;
                }

                _printer.Received(received);
                if (_terminal.IsOutputAbandoned())
                {
                    return ExitCode.Ok; // Without closing: the event may not have been read, so its id must not be saved.
                }

                if (++_printed == Count)
                {
                    _source.Close();
                }
            }

            _printer.Closed();
            return Outcome();
        }
        catch (EventSourceException refused)
        {
            _printer.Closed();
            return refused.Error.StatusCode is System.Net.HttpStatusCode.Unauthorized or System.Net.HttpStatusCode.Forbidden ? ExitCode.Auth : ExitCode.Connection;
        }
        catch (IOException broken)
        {
            // Neither the connection nor its end: the output, or the cursor file.
            _terminal.Complain(broken.Message);
            return ExitCode.Failure;
        }
    }

    public void Dispose() => _endings.ForEach(ending => ending.Dispose());

    private ExitCode Outcome()
    {
        var ending = (ExitCode)Volatile.Read(ref _ending);
        return ending != ExitCode.Timeout ? ending
            : Count is null && _hasOpened ? ExitCode.Ok
            : _printed >= Count ? ExitCode.Ok
            : !_hasOpened && _error is not null ? ExitCode.Connection
            : ExitCode.Timeout;
    }

    private void OnOpened()
    {
        _hasOpened = true;
        _printer.Opened(_source.Url);
    }

    private void OnError(EventSourceError error)
    {
        _error = error;
        _printer.Lost(error);
        _terminal.Complain(error.IsFinal ? error.Message : $"{error.Message.TrimEnd('.')}.{TrustedCertificates.Advice(error.Exception)} Trying again.");
    }

    private void WatchEndings()
    {
        if (Timeout is { } timeout)
        {
            _endings.Add(_terminal.Time.CreateTimer(_ => End(ExitCode.Timeout), null, timeout, System.Threading.Timeout.InfiniteTimeSpan));
        }

        _endings.Add(PosixSignalRegistration.Create(PosixSignal.SIGINT, signal => End(ExitCode.Interrupted, signal)));
        _endings.Add(PosixSignalRegistration.Create(PosixSignal.SIGTERM, signal => End(ExitCode.Terminated, signal)));

        // "| head -1" leaves after its line, and the next event may be far.
        if (!_terminal.IsOutputSeen)
        {
            _endings.Add(TimeProvider.System.CreateTimer(_ => EndIfAbandoned(), null, AbandonmentCheck, AbandonmentCheck));
        }
    }

    private void EndIfAbandoned()
    {
        if (_terminal.IsOutputAbandoned())
        {
            _source.Close();
        }
    }

    private void End(ExitCode code, PosixSignalContext signal)
    {
        // A second signal means it: whatever still holds the process, it ends.
        signal.Cancel = Volatile.Read(ref _ending) == 0;
        End(code);
    }

    private void End(ExitCode code)
    {
        Interlocked.CompareExchange(ref _ending, (int)code, 0);
        _source.Close();
    }
}
