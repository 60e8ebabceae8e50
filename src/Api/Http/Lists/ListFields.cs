using System.Linq.Expressions;

namespace StableRep.Api.Http.Lists;

/// <summary>The fields by which a list may be filtered and ordered, and what they are in the store.</summary>
/// <remarks>Add a field for each name; what is not here cannot be asked for. Lists are ordered by fields that are never null.</remarks>
public sealed class ListFields<T>
{
    private readonly Dictionary<string, LambdaExpression> _fields = [];
    private readonly Dictionary<string, LambdaExpression> _orders = [];

    private ListFields(LambdaExpression key) => Key = key;

    /// <summary>Begins with the key that tells rows apart and grows with time, a number or an id.</summary>
    public ListFields(Expression<Func<T, Guid>> key)
        : this((LambdaExpression)key)
    {
    }

    /// <inheritdoc cref="ListFields{T}(Expression{Func{T, Guid}})"/>
    public ListFields(Expression<Func<T, long>> key)
        : this((LambdaExpression)key)
    {
    }

    /// <summary>The fields' names.</summary>
    public IReadOnlyCollection<string> Names => _fields.Keys;

    internal LambdaExpression Key { get; }

    /// <summary>Adds a field.</summary>
    /// <param name="name">Its name in snake case.</param>
    /// <param name="value">Its value: text, a number, a truth value, a time, an id, an enumeration or a list of texts.</param>
    public ListFields<T> Add<TValue>(string name, Expression<Func<T, TValue>> value)
    {
        _fields.Add(name, value);
        return this;
    }

    /// <summary>Adds a field that may be null, with what it counts as in an order.</summary>
    /// <param name="name">Its name in snake case.</param>
    /// <param name="value">Its value.</param>
    /// <param name="order">What it is ordered by: never null.</param>
    public ListFields<T> Add<TValue, TOrder>(string name, Expression<Func<T, TValue>> value, Expression<Func<T, TOrder>> order)
    {
        _orders.Add(name, order);
        return Add(name, value);
    }

    /// <summary>What a list is ordered by under a name, or null where that is no order.</summary>
    internal LambdaExpression? FindOrder(string name) =>
        _orders.GetValueOrDefault(name) ?? (Find(name) is { } field && IsOrdered(field.ReturnType) ? field : null);

    internal LambdaExpression? Find(string name) => _fields.GetValueOrDefault(name);

    internal static bool IsOrdered(Type type) =>
        type == typeof(string) || type == typeof(Guid) || type == typeof(DateTimeOffset)
        || (type.IsPrimitive && type != typeof(bool) && type != typeof(char)) || type == typeof(decimal);
}
