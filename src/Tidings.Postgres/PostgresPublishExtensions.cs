using System.Data.Common;

namespace Tidings;

/// <summary>Publishes events in a database transaction of the app's own: each exists exactly when the data that was written with it does.</summary>
public static class PostgresPublishExtensions
{
    /// <summary>
    /// Publishes an event in <paramref name="transaction"/>: it takes its place in the log when the transaction commits, and does not exist if that is rolled back. Its id is known only then, so none is
    /// returned. It needs no hub to run, only the database that holds the log, and a role that may use its schema.
    /// </summary>
    /// <param name="transaction">An open transaction of Npgsql's, of the level READ COMMITTED, as it is unless another is asked for.</param>
    /// <param name="topic">What the event is about.</param>
    /// <param name="serverEvent">The event. Its id, if it has one, is the publisher's own: unique, not beginning with <c>#</c>, not <c>earliest</c>.</param>
    /// <param name="audience">Who may see it.</param>
    /// <param name="schema">The schema of the log: <see cref="PostgresLogOptions.Schema"/>.</param>
    /// <param name="cancellationToken">Ends the wait; the transaction is of no use then.</param>
    /// <exception cref="ArgumentException">The event's type or id is reserved, the schema is no name of one, or the transaction is over.</exception>
    /// <exception cref="DbException">The database refuses, for example because the transaction's level is another one; the transaction is of no use then.</exception>
    public static Task PublishAsync(
        this DbTransaction transaction,
        Topic topic,
        ServerEvent serverEvent,
        EventAudience audience = EventAudience.Everybody,
        string schema = "tidings",
        CancellationToken cancellationToken = default) =>
        transaction.PublishAsync([topic], serverEvent, audience, schema, cancellationToken);

    /// <summary>As <see cref="PublishAsync(DbTransaction, Topic, ServerEvent, EventAudience, string, CancellationToken)"/>, under several topics: one event, which a subscriber receives once if any of them matches.</summary>
    /// <inheritdoc cref="PublishAsync(DbTransaction, Topic, ServerEvent, EventAudience, string, CancellationToken)"/>
    /// <param name="transaction">An open transaction of Npgsql's, of the level READ COMMITTED, as it is unless another is asked for.</param>
    /// <param name="topics">The topics, the canonical one first; at least one.</param>
    /// <param name="serverEvent">The event. Its id, if it has one, is the publisher's own: unique, not beginning with <c>#</c>, not <c>earliest</c>.</param>
    /// <param name="audience">Who may see it.</param>
    /// <param name="schema">The schema of the log: <see cref="PostgresLogOptions.Schema"/>.</param>
    /// <param name="cancellationToken">Ends the wait; the transaction is of no use then.</param>
    public static async Task PublishAsync(
        this DbTransaction transaction,
        IReadOnlyList<Topic> topics,
        ServerEvent serverEvent,
        EventAudience audience = EventAudience.Everybody,
        string schema = "tidings",
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(transaction);
        ArgumentNullException.ThrowIfNull(topics);
        ArgumentNullException.ThrowIfNull(serverEvent);
        if (topics.Count == 0)
        {
            throw new ArgumentException("An event needs at least one topic.", nameof(topics));
        }

        if (ReservedNames.Complaint(serverEvent) is { } complaint)
        {
            throw new ArgumentException(complaint, nameof(serverEvent));
        }

        if (!PostgresLogOptions.IsSchemaName(schema))
        {
            throw new ArgumentException($"\"{schema}\" is no name of a schema that can hold a log.", nameof(schema));
        }

        DbConnection connection = transaction.Connection ?? throw new ArgumentException("The transaction is over.", nameof(transaction));
        using DbCommand command = connection.CreateCommand();
        command.Transaction = transaction;
        command.CommandText = $"SELECT {schema}.publish(@topic, @data, @type, @id, @private, @retry, @alternates)";
        Add(command, "topic", topics[0].Value);
        Add(command, "data", serverEvent.Data);
        Add(command, "type", serverEvent.Type?.Value);
        Add(command, "id", serverEvent.Id?.Value);
        Add(command, "private", audience == EventAudience.Granted);
        Add(command, "retry", serverEvent.Retry is { } retry ? (int)retry.TotalMilliseconds : null);
        Add(command, "alternates", topics.Skip(1).Select(static topic => topic.Value).ToArray());
        await command.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
    }

    private static void Add(DbCommand command, string name, object? value)
    {
        DbParameter parameter = command.CreateParameter();
        parameter.ParameterName = name;
        parameter.Value = value ?? DBNull.Value;
        command.Parameters.Add(parameter);
    }
}
