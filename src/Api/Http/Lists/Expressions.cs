using System.Linq.Expressions;

namespace StableRep.Api.Http.Lists;

/// <summary>Puts one parameter in another's place, so that fields of several lambdas make one.</summary>
internal sealed class ParameterSwap(ParameterExpression from, ParameterExpression to) : ExpressionVisitor
{
    public static Expression Body(LambdaExpression lambda, ParameterExpression row) =>
        new ParameterSwap(lambda.Parameters[0], row).Visit(lambda.Body);

    protected override Expression VisitParameter(ParameterExpression node) => node == from ? to : node;
}

/// <summary>Values in queries: as parameters, never as text of the query.</summary>
internal static class Captured
{
    public static Expression Value(object? value, Type type)
    {
        var box = Activator.CreateInstance(typeof(Box<>).MakeGenericType(type))!;
        box.GetType().GetField(nameof(Box<>.Content))!.SetValue(box, value);
        return Expression.Field(Expression.Constant(box), nameof(Box<>.Content));
    }

    private sealed class Box<TValue>
    {
        public TValue Content = default!;
    }
}
