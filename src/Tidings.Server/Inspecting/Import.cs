using System.Text;

namespace Tidings.Server;

/// <summary>Reads lines of events and appends them in batches; the first line that is wrong ends it.</summary>
internal sealed class Import(SqliteLogImporter importer, Stream input, TimeProvider time, ProgressLine progress)
{
    // What a hub stores in one step.
    private const int BatchEvents = 512;
    private const int BatchChars = 4 * 1024 * 1024;

    private readonly List<StoredEvent> _batch = [];
    private long _chars;
    private long _line;
    private long _importedThrough; // The last line of which it is certain.

    /// <summary>How many events were imported.</summary>
    public long Imported { get; private set; }

    /// <exception cref="SettingException">A line is wrong.</exception>
    /// <exception cref="EventLogException">The log failed. The message of either says how far it came.</exception>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        using var text = new InputText(input);
        try
        {
            await foreach (string line in text.ReadLinesAsync(cancellationToken))
            {
                _line++;
                if (line.Length > 0)
                {
                    _batch.Add(EventJson.Read(line, time.GetUtcNow()));
                    _chars += line.Length;
                }

                if (_batch.Count == BatchEvents || _chars >= BatchChars)
                {
                    await AppendAsync(cancellationToken);
                }
            }
        }
        catch (FormatException wrong)
        {
            throw new SettingException($"Line {_line}: {wrong.Message} {HowFar()}");
        }
        catch (DecoderFallbackException)
        {
            throw new SettingException($"After line {_line} something is not text in UTF-8. {HowFar()}");
        }
        catch (InvalidDataException)
        {
            throw new SettingException($"Line {_line + 1} has more than {InputText.MaxChars} characters. {HowFar()}");
        }

        await AppendAsync(cancellationToken);
    }

    private async Task AppendAsync(CancellationToken cancellationToken)
    {
        try
        {
            await importer.AppendAsync(_batch, cancellationToken);
        }
        catch (EventLogFullException full)
        {
            throw new EventLogException($"{full.Message} {HowFar()}", full);
        }
        catch (EventLogException failure)
        {
            throw new EventLogException(
                $"{failure.Message} {HowFar()} Lines {_importedThrough + 1} to {_line} are stored all or not at all: \"tidings log list\" tells which.", failure);
        }

        Imported += _batch.Count;
        _importedThrough = _line;
        _batch.Clear();
        _chars = 0;
        progress.Show($"{Imported} events imported");
    }

    private string HowFar() => _importedThrough == 0
        ? "Nothing was imported."
        : $"Lines 1 to {_importedThrough} were imported, and none after that: mend the cause and go on with line {_importedThrough + 1}.";
}
