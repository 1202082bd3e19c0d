using System.Text;

namespace Tidings.Client;

/// <summary>Keeps the last event ID in a file: UTF-8, nothing but the id. The file is replaced in one step, so a crash leaves the old or the new id.</summary>
/// <remarks>Not flushed to the disk each time: after a power cut the file may hold an earlier id, and events come again. One source, one file.</remarks>
public sealed class FileCursorStore : ICursorStore
{
    private readonly string _path;
    private readonly string _nextPath;

    /// <summary>Keeps the id in the file at <paramref name="path"/>, whose directory must exist; the file need not.</summary>
    /// <exception cref="ArgumentException">The path is empty.</exception>
    public FileCursorStore(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        _path = Path.GetFullPath(path);
        _nextPath = _path + ".next";
    }

    /// <inheritdoc />
    public async ValueTask<string?> LoadAsync(CancellationToken cancellationToken)
    {
        try
        {
            string text = await File.ReadAllTextAsync(_path, Encoding.UTF8, cancellationToken).ConfigureAwait(false);
            return text.TrimEnd('\r', '\n'); // Whoever wrote the file by hand ended its line; no id holds a line end.
        }
        catch (FileNotFoundException)
        {
            return null; // The first run.
        }
    }

    /// <inheritdoc />
    public async ValueTask SaveAsync(string lastEventId, CancellationToken cancellationToken)
    {
        await File.WriteAllTextAsync(_nextPath, lastEventId, cancellationToken).ConfigureAwait(false);
        File.Move(_nextPath, _path, overwrite: true);
    }
}
