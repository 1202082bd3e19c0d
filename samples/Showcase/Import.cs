using System.Net.Http.Headers;
using Microsoft.AspNetCore.Http.Features;
using Tidings;

namespace Showcase;

/// <summary>
/// Upload a CSV file and watch its import, from any number of windows. The upload goes to a temporary file; from then on the import is the server's own, whatever
/// becomes of the page. One import at a time.
/// </summary>
internal static class Import
{
    public static void MapImport(this WebApplication app)
    {
        var progress = new ImportProgress(app.Services.GetRequiredService<TimeProvider>());
        var importer = new Importer(progress, app);

        app.MapEventStream("/imports/events", (LastEventId last) => progress.EventsAsync(last));
        app.MapPost("/imports", (string name, HttpContext context) => importer.ReceiveAsync(name, context));
        app.MapDelete("/imports/current", () => importer.Cancel() ? Results.NoContent() : Results.NotFound());
        app.ShowOnIndex("import", progress.Figure);
    }
}

/// <summary>Receives a file and imports it. Safe for use from several threads.</summary>
internal sealed partial class Importer(ImportProgress progress, WebApplication app)
{
    private const int LongestName = 200;
    private const int MaxColumns = 100;
    private const int MaxBadLines = 1000;

    // The import rests between slices: it takes no processor away from requests, and every window can follow item by item. That makes 2,500 items a second, about
    // what a database takes. Who imports much faster lets one event stand for a hundred items.
    private const int ItemsInSlice = 50;
    private const double SliceSeconds = 0.02;

    private readonly TimeProvider _time = app.Services.GetRequiredService<TimeProvider>();
    private readonly Pace _pace = app.Services.GetRequiredService<Pace>();
    private CancellationTokenSource? _running; // Cancels the import that is not over yet.

    /// <summary>Takes a file and begins to import it: 202. One that is no CSV is refused by 415, one too large by 413, and any while an import runs by 409.</summary>
    public async Task<IResult> ReceiveAsync(string name, HttpContext context)
    {
        // A page of another site cannot make a browser send this type without asking first.
        if (!MediaTypeHeaderValue.TryParse(context.Request.ContentType, out MediaTypeHeaderValue? type) || type.MediaType != "text/csv")
        {
            return Refusal(StatusCodes.Status415UnsupportedMediaType, "Send the file as text/csv.");
        }

        if (context.Request.ContentLength > ImportProgress.MaxBytes)
        {
            return TooLarge();
        }

        var cancel = new CancellationTokenSource();
        if (Interlocked.CompareExchange(ref _running, cancel, null) is not null)
        {
            return Refusal(StatusCodes.Status409Conflict, "Another import is not over yet. Wait for it, or cancel it.");
        }

        progress.Begin(name.Length > LongestName ? name[..LongestName] : name, context.Request.ContentLength);
        FileStream? file = null;
        try
        {
            file = OpenTemporary();
            if (await TryReceiveAsync(context, file, cancel.Token))
            {
                // Not awaited: the answer says that it has begun, the stream how it goes on.
                FileStream received = file;
                _ = Task.Run(() => ImportAsync(received, cancel.Token), CancellationToken.None);
                file = null;
                return Results.Accepted("/imports/events");
            }

            End(ImportState.Failed, TooLargeText);
            return TooLarge();
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested)
        {
            End(ImportState.Cancelled);
            return Refusal(StatusCodes.Status409Conflict, "The import was cancelled.");
        }
        catch (Exception broken) when (broken is IOException or OperationCanceledException)
        {
            End(ImportState.Failed, "The upload broke off.");
            return Refusal(StatusCodes.Status400BadRequest, "The upload broke off.");
        }
        finally
        {
            file?.Dispose();
        }
    }

    /// <summary>Cancels the import that is not over yet; false if there is none.</summary>
    public bool Cancel()
    {
        CancellationTokenSource? running = Volatile.Read(ref _running);
        running?.Cancel();
        return running is not null;
    }

    // Without a name from the beginning, so that nothing is left of it even when the process is killed.
    private static FileStream OpenTemporary()
    {
        string path = Path.GetTempFileName();
        var file = new FileStream(path, FileMode.Open, FileAccess.ReadWrite, FileShare.Delete);
        File.Delete(path);
        return file;
    }

    private static string TooLargeText { get; } = $"The file is larger than {ImportProgress.MaxBytes / (1024 * 1024)} MiB.";

    private static IResult TooLarge() => Refusal(StatusCodes.Status413PayloadTooLarge, TooLargeText);

    private static IResult Refusal(int status, string why) => Results.Problem(statusCode: status, detail: why);

    // False if it is too large, which is counted: a body may come without saying its length.
    private async Task<bool> TryReceiveAsync(HttpContext context, FileStream file, CancellationToken cancel)
    {
        context.Features.GetRequiredFeature<IHttpMaxRequestBodySizeFeature>().MaxRequestBodySize = null; // Kestrel's own limit is 30 MB
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(cancel, context.RequestAborted, app.Lifetime.ApplicationStopping);
        byte[] buffer = new byte[64 * 1024];
        long received = 0;
        for (int read; (read = await context.Request.Body.ReadAsync(buffer, ended.Token)) > 0;)
        {
            received += read;
            if (received > ImportProgress.MaxBytes)
            {
                return false;
            }

            await file.WriteAsync(buffer.AsMemory(0, read), ended.Token);
            progress.Received(received);
        }

        return true;
    }

    private async Task ImportAsync(FileStream file, CancellationToken cancel)
    {
        try
        {
            using var ended = CancellationTokenSource.CreateLinkedTokenSource(cancel, app.Lifetime.ApplicationStopping);
            await using (file)
            {
                file.Position = 0;
                await ImportAsync(file, new CsvReader(new StreamReader(file)), ended.Token);
            }
        }
        catch (OperationCanceledException)
        {
            End(ImportState.Cancelled);
        }
        catch (Exception failure)
        {
            LogFailed(app.Logger, failure);
            End(ImportState.Failed, "The server made a mistake; its log says which.");
        }
    }

    private async Task ImportAsync(FileStream file, CsvReader reader, CancellationToken cancel)
    {
        var record = new CsvRecord();
        if (!reader.TryRead(record) || record.Problem is not null || record.Count > MaxColumns)
        {
            End(ImportState.Failed, $"The file does not begin with the names of at most {MaxColumns} columns.");
            return;
        }

        ColumnTotals[] columns = [.. Enumerable.Range(0, record.Count).Select(field => new ColumnTotals(record[field].ToString()))];
        using var slices = new PeriodicTimer(_pace.Seconds(SliceSeconds), _time);
        int items = 0;
        int badLines = 0;
        bool isMore;
        do
        {
            List<BadLine> bad = [];
            isMore = ImportSlice(reader, record, columns, bad, ref items);
            badLines += bad.Count;
            progress.Processed(items, isMore ? file.Position : file.Length, bad);
        }
        while (badLines <= MaxBadLines && isMore && await slices.WaitForNextTickAsync(cancel));

        bool isFailed = badLines > MaxBadLines;
        End(isFailed ? ImportState.Failed : ImportState.Finished, isFailed ? $"More than {MaxBadLines:N0} lines are bad." : null, columns);
    }

    // What an import really does with an item is put in the place of ColumnTotals.Add: into a database, for example, a transaction for each slice.
    private static bool ImportSlice(CsvReader reader, CsvRecord record, ColumnTotals[] columns, List<BadLine> bad, ref int items)
    {
        for (int i = 0; i < ItemsInSlice; i++)
        {
            if (!reader.TryRead(record))
            {
                return false;
            }

            items++;
            if ((record.Problem ?? ComplaintAbout(record, columns.Length)) is { } problem)
            {
                bad.Add(new BadLine(items, record.Line, problem));
                continue;
            }

            for (int field = 0; field < columns.Length; field++)
            {
                columns[field].Add(record[field]);
            }
        }

        return true;
    }

    private static string? ComplaintAbout(CsvRecord record, int fields)
    {
        if (record.Count != fields)
        {
            return $"fields: {record.Count} instead of {fields}";
        }

        for (int field = 0; field < fields; field++)
        {
            if (record[field].Contains('\uFFFD')) // what a reader makes of bytes that are no UTF-8
            {
                return $"field {field + 1} is not UTF-8";
            }
        }

        return null;
    }

    private void End(ImportState state, string? why = null, IReadOnlyList<ColumnTotals>? columns = null)
    {
        LogEnded(app.Logger, state);
        progress.End(state, why, columns, () => Volatile.Write(ref _running, null));
    }

    [LoggerMessage(12, LogLevel.Information, "An import has ended: {State}.")]
    private static partial void LogEnded(ILogger logger, ImportState state);

    [LoggerMessage(13, LogLevel.Error, "An import failed.")]
    private static partial void LogFailed(ILogger logger, Exception failure);
}
